package elb

import "time"

// An Account is the owner of everything in one installation.
type Account struct {
	ID         string // 16 digits
	CreateTime time.Time
}

// A User is a RAM user of the account.
type User struct {
	ID          string
	Name        string
	DisplayName string
	MobilePhone string
	Email       string
	Comments    string
	CreateDate  time.Time
	UpdateDate  time.Time
}

// An AccessKey signs calls. UserName is empty for the root of the account.
type AccessKey struct {
	ID         string
	Secret     string // encrypted at rest by the store
	UserName   string
	Active     bool
	CreateDate time.Time
}

// A Policy is a RAM policy document under a name.
type Policy struct {
	Name        string
	Type        string // CustomPolicy or SystemPolicy
	Description string
	Document    string // as the client wrote it
	CreateDate  time.Time
	UpdateDate  time.Time
}

// The values of Policy.Type.
const (
	CustomPolicy = "Custom" // made by the account
	SystemPolicy = "System" // part of the program, the same for every account
)

// An Attachment gives a policy to a user.
type Attachment struct {
	UserName   string
	PolicyName string
	PolicyType string
	AttachDate time.Time
}

// A LoginProfile lets a user sign in to the console with a password.
type LoginProfile struct {
	UserName              string
	PasswordHash          string // bcrypt; encrypted at rest by the store
	PasswordResetRequired bool   // another password has to be chosen at the next sign-in
	MFABindRequired       bool   // a second factor is asked for, and there is none: no sign-in
	CreateDate            time.Time
	UpdateDate            time.Time
}
