package ram

// An Identity is who signed a call: the account, a RAM user or a session of a role.
type Identity struct {
	AccountID   string
	AccessKeyID string
	UserID      string // of the RAM user or the role; the account's for root
	UserName    string // of the RAM user; else ""
	RoleName    string // of the role; else ""
	SessionName string // of the session of the role; else ""
}

// Root reports whether the identity is the account itself, which no policy
// limits.
func (id Identity) Root() bool { return id.UserName == "" && id.RoleName == "" }

// Name is the identity as people read it: root, the name of the user, or
// role/NAME/SESSION.
func (id Identity) Name() string {
	switch {
	case id.RoleName != "":
		return "role/" + id.RoleName + "/" + id.SessionName
	case id.UserName != "":
		return id.UserName
	}
	return "root"
}
