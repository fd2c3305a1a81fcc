package ram

// An Identity is the signer of a call: the account, a RAM user or a role session.
type Identity struct {
	AccountID   string
	AccessKeyID string
	UserID      string // of the RAM user or the role; the account's for root
	UserName    string // of the RAM user; else ""
	RoleName    string // of the role; else ""
	SessionName string // of the role session; else ""
}

// Root reports whether the identity is the account itself, which no policy
// restricts.
func (id Identity) Root() bool { return id.UserName == "" && id.RoleName == "" }

// Name is the identity for display: root, the name of the user, or
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
