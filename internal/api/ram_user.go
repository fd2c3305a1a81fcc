package api

// CreateUserInput is a new RAM user.
type CreateUserInput struct {
	UserName    string
	DisplayName string
	MobilePhone string
	Email       string
	Comments    string
}

// Params lists the rows.
func (in *CreateUserInput) Params() []Param {
	return []Param{
		toCreate(userName(&in.UserName, true)),
		{Name: "DisplayName", Var: Text(&in.DisplayName, 1, 128), Doc: "The name of the user as people read it."},
		{Name: "MobilePhone", Var: Text(&in.MobilePhone, 1, 64), Doc: "A phone number."},
		{Name: "Email", Var: Text(&in.Email, 1, 128), Doc: "A mail address."},
		{Name: "Comments", Var: Text(&in.Comments, 1, 128), Doc: "A remark."},
	}
}

func userName(p *string, required bool) Param {
	return Param{Name: "UserName", Var: Text(p, 1, 64, userCharacters), Required: required, Names: userKind, Doc: "The name of the user."}
}

var userCharacters = rule{
	says: "must be letters, digits and the characters . - _",
	ok:   func(s string) bool { return only(s, letters+digits+".-_") },
}

// CreateUserOutput is the new user.
type CreateUserOutput struct{ User User }

// A User is a RAM user in an answer.
type User struct {
	UserID        string `json:"UserId"`
	UserName      string
	DisplayName   string
	MobilePhone   string
	Email         string
	Comments      string
	CreateDate    string
	UpdateDate    string `json:",omitempty"`
	LastLoginDate string `json:",omitempty"`
	JoinDate      string `json:",omitempty"` // among the users of a group
	AttachDate    string `json:",omitempty"` // among those that have a policy
}

// GetUserInput names a user.
type GetUserInput struct{ UserName string }

// Params lists the rows.
func (in *GetUserInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// GetUserOutput is the user.
type GetUserOutput struct{ User User }

// ListUsersInput requests a page of the users.
type ListUsersInput struct {
	Marker   string // end of the previous page; "": the beginning
	MaxItems int
}

// Params lists the rows.
func (in *ListUsersInput) Params() []Param {
	return []Param{marker(&in.Marker), maxItems(&in.MaxItems)}
}

func marker(p *string) Param {
	return Param{Name: "Marker", Var: ID(p), Doc: "The Marker of the answer before, if it was truncated."}
}

func maxItems(p *int) Param {
	return Param{Name: "MaxItems", Var: Int(p, 1, 1000), Default: "100", Doc: "How many entries an answer has at most."}
}

// ListUsersOutput is a page of the users.
type ListUsersOutput struct {
	Users       Users
	IsTruncated bool
	Marker      string `json:",omitempty"`
}

// Users wraps the list as the wire does.
type Users struct{ User Array[User] }

// UpdateUserInput changes the given fields; nil ones do not change.
type UpdateUserInput struct {
	UserName    string
	NewName     string // "": unchanged
	DisplayName *string
	MobilePhone *string
	Email       *string
	Comments    *string

	display, phone, email, comments string
}

// Params lists the rows.
func (in *UpdateUserInput) Params() []Param {
	return []Param{
		userName(&in.UserName, true),
		{Name: "NewUserName", Var: Text(&in.NewName, 1, 64, userCharacters), Names: userKind, New: true, Doc: "The new name of the user. Access keys, password, groups and policies stay the user's."},
		{Name: "NewDisplayName", Var: Text(&in.display, 1, 128), Doc: "The new name of the user as people read it. An empty one clears it."},
		{Name: "NewMobilePhone", Var: Text(&in.phone, 1, 64), Doc: "The new phone number. An empty one clears it."},
		{Name: "NewEmail", Var: Text(&in.email, 1, 128), Doc: "The new mail address. An empty one clears it."},
		{Name: "NewComments", Var: Text(&in.comments, 1, 128), Doc: "The new remark. An empty one clears it."},
	}
}

func (in *UpdateUserInput) complete(values map[string]string) error {
	in.DisplayName = ifGiven(values, "NewDisplayName", &in.display)
	in.MobilePhone = ifGiven(values, "NewMobilePhone", &in.phone)
	in.Email = ifGiven(values, "NewEmail", &in.email)
	in.Comments = ifGiven(values, "NewComments", &in.comments)
	return nil
}

// ifGiven returns p if the call has the parameter, possibly empty, else nil.
func ifGiven[T any](values map[string]string, name string, p *T) *T {
	if _, given := values[name]; !given {
		return nil
	}
	return p
}

// UpdateUserOutput is the user.
type UpdateUserOutput struct{ User User }

// DeleteUserInput names a user.
type DeleteUserInput struct{ UserName string }

// Params lists the rows.
func (in *DeleteUserInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// DeleteUserOutput is empty.
type DeleteUserOutput struct{}
