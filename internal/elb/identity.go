package elb

import "time"

// An Account is the owner of all resources of an installation.
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
	Document    string // of the default version, as the client sent it
	CreateDate  time.Time
	UpdateDate  time.Time

	// Versions are all documents of the policy, the default one included, oldest
	// first. If empty, as before a second version is made, Document is the only
	// one: v1.
	Versions       []PolicyVersion `json:",omitempty"`
	DefaultVersion int             `json:",omitempty"` // 0: v1
	LastVersion    int             `json:",omitempty"` // the number of the newest version, even if it was deleted; 0: 1
}

// A PolicyVersion is one of the documents of a policy.
type PolicyVersion struct {
	Number     int // 1 is v1
	Document   string
	CreateDate time.Time
}

// A Group is a group of RAM users. The policies of the group apply to them.
type Group struct {
	ID         string
	Name       string
	Comments   string
	CreateDate time.Time
	UpdateDate time.Time
}

// A Membership puts a user into a group. It names the group by its ID, so that a
// group with any number of users is renamed in one step.
type Membership struct {
	GroupID  string
	UserName string
	JoinDate time.Time
}

// A Role is an identity without a key of its own. Identities named in its trust
// policy may open sessions with its policies.
type Role struct {
	ID          string
	Name        string
	Description string
	Trust       string        // the trust policy, as the client sent it
	MaxSession  time.Duration // maximum duration of a session
	CreateDate  time.Time
	UpdateDate  time.Time
}

// The values of Policy.Type.
const (
	CustomPolicy = "Custom" // made by the account
	SystemPolicy = "System" // part of the program, the same for every account
)

// A Holder is an identity that policies are attached to: exactly one of its names
// is set.
type Holder struct {
	UserName string
	GroupID  string `json:",omitempty"`
	RoleName string `json:",omitempty"`
}

// An Attachment attaches a policy to its holder.
type Attachment struct {
	Holder
	PolicyName string
	PolicyType string
	AttachDate time.Time
}

// A LoginProfile lets a user sign in to the console with a password.
type LoginProfile struct {
	UserName              string
	PasswordHash          string // bcrypt; encrypted at rest by the store
	PasswordResetRequired bool   // the user must choose a new password at the next sign-in
	MFABindRequired       bool   // a second factor is required, and there is none: no sign-in
	CreateDate            time.Time
	UpdateDate            time.Time
}
