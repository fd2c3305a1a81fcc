package api

// CreateLoginProfileInput gives a user a password.
type CreateLoginProfileInput struct {
	UserName              string
	Password              string
	PasswordResetRequired bool
	MFABindRequired       bool
}

// Params lists the rows.
func (in *CreateLoginProfileInput) Params() []Param {
	return []Param{
		userName(&in.UserName, true),
		password("Password", &in.Password, true, "The password to sign in to the console with."),
		resetRequired(&in.PasswordResetRequired, "false"),
		mfaRequired(&in.MFABindRequired, "false"),
	}
}

// password is a row for a password. Its length is that of RAM's password
// policies; the characters are those of every keyboard.
func password(name string, p *string, required bool, doc string) Param {
	return Param{Name: name, Var: Text(p, minPassword, maxPassword, visibleASCII), Required: required, Secret: true, Doc: doc}
}

// The bounds of a password in characters. The maximum is far below the 72 bytes
// that bcrypt uses.
const (
	minPassword = 8
	maxPassword = 32
)

func resetRequired(p *bool, standard string) Param {
	return Param{Name: "PasswordResetRequired", Var: Bool(p), Default: standard, Doc: "Whether the user has to choose another password at the next sign-in."}
}

func mfaRequired(p *bool, standard string) Param {
	return Param{Name: "MFABindRequired", Label: "Second factor required", Var: Bool(p), Default: standard, Doc: "Whether the user has to prove a second factor. There is none here: a user who has to cannot sign in to the console."}
}

// CreateLoginProfileOutput is the new login profile.
type CreateLoginProfileOutput struct{ LoginProfile LoginProfile }

// A LoginProfile is a login profile in an answer.
type LoginProfile struct {
	UserName              string
	PasswordResetRequired bool
	MFABindRequired       bool
	CreateDate            string
}

// GetLoginProfileInput names a user.
type GetLoginProfileInput struct{ UserName string }

// Params lists the rows.
func (in *GetLoginProfileInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// GetLoginProfileOutput is the login profile.
type GetLoginProfileOutput struct{ LoginProfile LoginProfile }

// UpdateLoginProfileInput changes a login profile; nil fields do not change.
type UpdateLoginProfileInput struct {
	UserName              string
	Password              string // "": unchanged
	PasswordResetRequired *bool
	MFABindRequired       *bool

	reset, mfa bool
}

// Params lists the rows.
func (in *UpdateLoginProfileInput) Params() []Param {
	return []Param{
		userName(&in.UserName, true),
		password("Password", &in.Password, false, "The new password."),
		resetRequired(&in.reset, ""),
		mfaRequired(&in.mfa, ""),
	}
}

func (in *UpdateLoginProfileInput) complete(values map[string]string) error {
	if values["PasswordResetRequired"] != "" {
		in.PasswordResetRequired = &in.reset
	}
	if values["MFABindRequired"] != "" {
		in.MFABindRequired = &in.mfa
	}
	return nil
}

// UpdateLoginProfileOutput is empty.
type UpdateLoginProfileOutput struct{}

// DeleteLoginProfileInput names a user.
type DeleteLoginProfileInput struct{ UserName string }

// Params lists the rows.
func (in *DeleteLoginProfileInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// DeleteLoginProfileOutput is empty.
type DeleteLoginProfileOutput struct{}

// ChangePasswordInput is the caller's old and new password.
type ChangePasswordInput struct {
	OldPassword string
	NewPassword string
}

// Params lists the rows.
func (in *ChangePasswordInput) Params() []Param {
	return []Param{
		password("OldPassword", &in.OldPassword, true, "The password of the caller."),
		password("NewPassword", &in.NewPassword, true, "The next one."),
	}
}

// ChangePasswordOutput is empty.
type ChangePasswordOutput struct{}

// UnbindMFADeviceInput names a user.
type UnbindMFADeviceInput struct{ UserName string }

// Params lists the rows.
func (in *UnbindMFADeviceInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// UnbindMFADeviceOutput is the device that the user had: none.
type UnbindMFADeviceOutput struct{ MFADevice MFADevice }

// An MFADevice is a second factor. Nobody has one: its fields are empty.
type MFADevice struct{ SerialNumber, Type string }
