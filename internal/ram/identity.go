package ram

// An Identity is who signed a call.
type Identity struct {
	AccountID   string
	AccessKeyID string
	UserID      string // of the RAM user; the account's for root
	UserName    string // "" for root
}

// Root reports whether the identity is the account itself, which no policy
// limits.
func (id Identity) Root() bool { return id.UserName == "" }
