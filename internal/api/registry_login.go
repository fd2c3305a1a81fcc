package api

// hashes is the limit of operations that hash a password: some 100 ms of one core
// each. ChangePassword, which needs no policy, does so twice and has a lower
// limit.
var hashes = Rate{Account: 10, User: 5}

// loginOperations are the operations on the passwords for the console.
var loginOperations = []*Operation{
	{
		Product: "Ram", Version: RamVersion, Name: "CreateLoginProfile", Access: "create", Rate: hashes, Resources: ofUser,
		Doc: "Gives a user a password to sign in to the console with.",
		New: input[CreateLoginProfileInput], Out: output[CreateLoginProfileOutput], ObservedBy: "GetLoginProfile",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrLoginProfileExists},
		Example: []Example{
			{"UserName", "alice"},
			{"Password", "correct-horse-battery"},
			{"PasswordResetRequired", "true"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "GetLoginProfile", Access: "get", Rate: usual, Resources: ofUser,
		Doc: "Describes how a user signs in to the console.",
		New: input[GetLoginProfileInput], Out: output[GetLoginProfileOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrLoginProfileNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UpdateLoginProfile", Access: "update", Rate: hashes, Resources: ofUser,
		Doc: "Changes how a user signs in to the console. A new password ends the user's sessions.",
		New: input[UpdateLoginProfileInput], Out: output[UpdateLoginProfileOutput], ObservedBy: "GetLoginProfile",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrLoginProfileNotExist},
		Example: []Example{
			{"UserName", "alice"},
			{"Password", "staple-battery-horse"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeleteLoginProfile", Access: "delete", Rate: usual, Resources: ofUser,
		Doc: "Takes the password of a user away, and ends the user's sessions.",
		New: input[DeleteLoginProfileInput], Out: output[DeleteLoginProfileOutput], ObservedBy: "GetLoginProfile",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrLoginProfileNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ChangePassword", Access: "update", Rate: Rate{Account: 5, User: 1}, Unrestricted: true,
		Doc: "Changes the caller's own password. It needs no policy: it takes the old password.",
		New: input[ChangePasswordInput], Out: output[ChangePasswordOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrLoginProfileNotExist, ErrWrongPassword, ErrNotAUser},
		Example: []Example{
			{"OldPassword", "correct-horse-battery"},
			{"NewPassword", "staple-battery-horse"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UnbindMFADevice", Access: "update", Rate: usual, Resources: ofUser,
		Doc: "Takes the second factor of a user away. There are none here, so that nothing changes; Terraform makes the call before it deletes a user.",
		New: input[UnbindMFADeviceInput], Out: output[UnbindMFADeviceOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
}
