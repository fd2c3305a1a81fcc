package api

// CreateAccessKeyInput names the owner of a new key.
type CreateAccessKeyInput struct{ UserName string } // "": the caller's own

// Params lists the rows.
func (in *CreateAccessKeyInput) Params() []Param { return []Param{userName(&in.UserName, false)} }

// CreateAccessKeyOutput is the new key, the only answer with its secret.
type CreateAccessKeyOutput struct{ AccessKey AccessKey }

// An AccessKey is a key in an answer.
type AccessKey struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string `json:",omitempty"` // only at creation
	Status          string // Active or Inactive
	CreateDate      string
}

// ListAccessKeysInput names the owner of the keys.
type ListAccessKeysInput struct{ UserName string } // "": the caller's own

// Params lists the rows.
func (in *ListAccessKeysInput) Params() []Param { return []Param{userName(&in.UserName, false)} }

// ListAccessKeysOutput lists keys without secrets.
type ListAccessKeysOutput struct{ AccessKeys AccessKeys }

// AccessKeys wraps the list as the wire does.
type AccessKeys struct{ AccessKey Array[AccessKey] }

// UpdateAccessKeyInput enables or disables a key.
type UpdateAccessKeyInput struct {
	UserName    string // "": the caller's own
	AccessKeyID string
	Status      string
}

// The values of UpdateAccessKeyInput.Status.
const (
	KeyActive   = "Active"
	KeyInactive = "Inactive"
)

// Params lists the rows.
func (in *UpdateAccessKeyInput) Params() []Param {
	return []Param{
		userName(&in.UserName, false),
		userAccessKeyID(&in.AccessKeyID),
		{Name: "Status", Var: OneOf(&in.Status, KeyActive, KeyInactive), Required: true, Doc: "Whether the access key may be used."},
	}
}

func userAccessKeyID(p *string) Param {
	return Param{Name: "UserAccessKeyId", Var: ID(p), Required: true, Names: accessKeyKind, Doc: "The ID of the access key."}
}

// UpdateAccessKeyOutput is empty.
type UpdateAccessKeyOutput struct{}

// DeleteAccessKeyInput names a key.
type DeleteAccessKeyInput struct {
	UserName    string // "": the caller's own
	AccessKeyID string
}

// Params lists the rows.
func (in *DeleteAccessKeyInput) Params() []Param {
	return []Param{userName(&in.UserName, false), userAccessKeyID(&in.AccessKeyID)}
}

// DeleteAccessKeyOutput is empty.
type DeleteAccessKeyOutput struct{}
