package api

// An ErrorRow is one row of the error table. Each %s is replaced by the name of a
// parameter, or by what the message says.
type ErrorRow struct {
	ID      ErrorID
	Status  int // HTTP status
	Code    string
	Message string
	Doc     string // when it happens
}

// The rows of the error table.
const (
	ErrInvalid                   ErrorID = "Invalid"
	ErrMissing                   ErrorID = "Missing"
	ErrInvalidParameter          ErrorID = "InvalidParameter"
	ErrLoadBalancerNotFound      ErrorID = "LoadBalancerNotFound"
	ErrLoadBalancerGone          ErrorID = "LoadBalancerNotFound (404)"
	ErrIncorrectInstanceStatus   ErrorID = "IncorrectInstanceStatus"
	ErrServerCertificateNotFound ErrorID = "ServerCertificateNotFound"
	ErrInterface                 ErrorID = "ens.interface.error"
	ErrListenerAlreadyExists     ErrorID = "ListenerAlreadyExists"
	ErrNoPermission              ErrorID = "NoPermission"

	ErrListenerNotFound        ErrorID = "ListenerNotFound"
	ErrTooManyListeners        ErrorID = "TooManyListeners"
	ErrInstanceNotFound        ErrorID = "InvalidInstanceId.NotFound"
	ErrRegionNotFound          ErrorID = "InvalidEnsRegionId.NotFound"
	ErrNetworkNotFound         ErrorID = "InvalidNetworkId.NotFound"
	ErrVSwitchNotFound         ErrorID = "InvalidVSwitchId.NotFound"
	ErrVSwitchFull             ErrorID = "InvalidVSwitchId.IpNotEnough"
	ErrEIPNotFound             ErrorID = "InvalidAllocationId.NotFound"
	ErrResourceNotFound        ErrorID = "InvalidResourceId.NotFound"
	ErrEIPGone                 ErrorID = "5100"
	ErrEIPPoolEmpty            ErrorID = "EipNotEnough"
	ErrEIPStatus               ErrorID = "IncorrectEipStatus"
	ErrTooManyEIPs             ErrorID = "TooManyEips"
	ErrBackendServerNotFound   ErrorID = "BackendServerNotFound"
	ErrBackendServerExists     ErrorID = "BackendServerAlreadyExists"
	ErrTooManyBackendServers   ErrorID = "TooManyBackendServers"
	ErrIdempotentMismatch      ErrorID = "IdempotentParameterMismatch"
	ErrCertificateNotFound     ErrorID = "CertificateNotFound"
	ErrCertificateExists       ErrorID = "CertificateAlreadyExists"
	ErrCertificateInUse        ErrorID = "CertificateInUse"
	ErrInvalidCertificate      ErrorID = "InvalidCertificate"
	ErrUserNotExist            ErrorID = "EntityNotExist.User"
	ErrAccessKeyNotExist       ErrorID = "EntityNotExist.User.AccessKey"
	ErrUserPolicyNotExist      ErrorID = "EntityNotExist.User.Policy"
	ErrPolicyNotExist          ErrorID = "EntityNotExist.Policy"
	ErrUserExists              ErrorID = "EntityAlreadyExists.User"
	ErrUserPolicyExists        ErrorID = "EntityAlreadyExists.User.Policy"
	ErrPolicyExists            ErrorID = "EntityAlreadyExists.Policy"
	ErrDeleteConflictAccessKey ErrorID = "DeleteConflict.User.AccessKey"
	ErrDeleteConflictPolicy    ErrorID = "DeleteConflict.User.Policy"
	ErrDeleteConflictUser      ErrorID = "DeleteConflict.Policy.User"
	ErrLimitExceededAccessKey  ErrorID = "LimitExceeded.User.AccessKey"
	ErrLimitExceededPolicy     ErrorID = "LimitExceeded.User.Policy"
	ErrLimitExceededUsers      ErrorID = "LimitExceeded.User"
	ErrLimitExceededGroups     ErrorID = "LimitExceeded.Group"
	ErrLimitExceededRoles      ErrorID = "LimitExceeded.Role"
	ErrLimitExceededPolicies   ErrorID = "LimitExceeded.Policy"

	ErrDeleteConflictUserGroup     ErrorID = "DeleteConflict.User.Group"
	ErrDeleteConflictPolicyGroup   ErrorID = "DeleteConflict.Policy.Group"
	ErrDeleteConflictPolicyVersion ErrorID = "DeleteConflict.Policy.Version"
	ErrPolicyVersionNotExist       ErrorID = "EntityNotExist.Policy.Version"
	ErrDeleteConflictDefault       ErrorID = "DeleteConflict.Policy.Version.Default"
	ErrLimitExceededVersion        ErrorID = "LimitExceeded.Policy.Version"
	ErrGroupNotExist               ErrorID = "EntityNotExist.Group"
	ErrGroupExists                 ErrorID = "EntityAlreadyExists.Group"
	ErrUserGroupNotExist           ErrorID = "EntityNotExist.User.Group"
	ErrUserGroupExists             ErrorID = "EntityAlreadyExists.User.Group"
	ErrGroupPolicyNotExist         ErrorID = "EntityNotExist.Group.Policy"
	ErrGroupPolicyExists           ErrorID = "EntityAlreadyExists.Group.Policy"
	ErrDeleteConflictGroupUser     ErrorID = "DeleteConflict.Group.User"
	ErrDeleteConflictGroupPolicy   ErrorID = "DeleteConflict.Group.Policy"
	ErrLimitExceededUserGroup      ErrorID = "LimitExceeded.User.Group"
	ErrRoleNotExist                ErrorID = "EntityNotExist.Role"
	ErrRoleExists                  ErrorID = "EntityAlreadyExists.Role"
	ErrRolePolicyNotExist          ErrorID = "EntityNotExist.Role.Policy"
	ErrRolePolicyExists            ErrorID = "EntityAlreadyExists.Role.Policy"
	ErrDeleteConflictRolePolicy    ErrorID = "DeleteConflict.Role.Policy"
	ErrDeleteConflictPolicyRole    ErrorID = "DeleteConflict.Policy.Role"
	ErrLimitExceededRolePolicy     ErrorID = "LimitExceeded.Role.Policy"
	ErrRoleByRoot                  ErrorID = "NoPermission (root)"
	ErrNotTrusted                  ErrorID = "NoPermission (trust)"
	ErrLimitExceededGroupPolicy    ErrorID = "LimitExceeded.Group.Policy"

	ErrMalformedPolicyDocument ErrorID = "MalformedPolicyDocument"
	ErrLoginProfileNotExist    ErrorID = "EntityNotExist.User.LoginProfile"
	ErrLoginProfileExists      ErrorID = "EntityAlreadyExists.User.LoginProfile"
	ErrWrongPassword           ErrorID = "InvalidParameter.OldPassword"
	ErrNotAUser                ErrorID = "NotSupported.Account"
	ErrNoPermissionRAM         ErrorID = "NoPermission (RAM)"

	ErrMissingParameter      ErrorID = "MissingParameter"
	ErrInvalidCommon         ErrorID = "InvalidParameter (common)"
	ErrIncompleteSignature   ErrorID = "IncompleteSignature"
	ErrSignatureDoesNotMatch ErrorID = "SignatureDoesNotMatch"
	ErrAccessKeyNotFound     ErrorID = "InvalidAccessKeyId.NotFound"
	ErrAccessKeyInactive     ErrorID = "InvalidAccessKeyId.Inactive"
	ErrTimestampExpired      ErrorID = "InvalidTimeStamp.Expired"
	ErrTimestampFormat       ErrorID = "InvalidTimeStamp.Format"
	ErrNonceUsed             ErrorID = "SignatureNonceUsed"
	ErrActionNotFound        ErrorID = "InvalidAction.NotFound"
	ErrVersion               ErrorID = "InvalidVersion"
	ErrHTTPMethod            ErrorID = "UnsupportedHTTPMethod"
	ErrContentType           ErrorID = "UnsupportedParameter"
	ErrSecurityToken         ErrorID = "InvalidSecurityToken.MismatchWithAccessKey"
	ErrTokenMissing          ErrorID = "MissingSecurityToken"
	ErrTokenMalformed        ErrorID = "InvalidSecurityToken.Malformed"
	ErrTokenExpired          ErrorID = "InvalidSecurityToken.Expired"
	ErrRequestTooLarge       ErrorID = "RequestEntityTooLarge"
	ErrMalformedRequest      ErrorID = "MalformedRequest"
	ErrNeedTLS               ErrorID = "InvalidProtocol.NeedSsl"
	ErrThrottlingUser        ErrorID = "Throttling.User"
	ErrThrottlingAPI         ErrorID = "Throttling.Api"
	ErrInternal              ErrorID = "InternalError"
	ErrUnavailable           ErrorID = "ServiceUnavailable"
)

// ErrorTable lists all errors of calls. The first nine rows are those of the
// specification's page, word for word.
var ErrorTable = []ErrorRow{
	{ErrInvalid, 400, "Invalid%s", "The specified parameter %s is invalid.", "A value cannot be read or is out of range."},
	{ErrMissing, 400, "Missing%s", "You must specify the parameter %s.", "A required parameter is absent or empty."},
	{ErrLoadBalancerNotFound, 400, "LoadBalancerNotFound", "The input parameter loadBalancerId that is not found.", "There is no load balancer of this id."},
	{ErrIncorrectInstanceStatus, 400, "IncorrectInstanceStatus", "The current status of the resource does not support this operation.", "The load balancer is InActive, or what is to be released is still in use; Recommend says by what."},
	{ErrServerCertificateNotFound, 400, "ServerCertificateNotFound", "The input parameter serverCertificateId that is not found.", "There is no certificate of this id."},
	{ErrInterface, 400, "ens.interface.error", "Failed to call API.", "The store or a node could not do it; nothing was changed."},
	{ErrListenerAlreadyExists, 400, "ListenerAlreadyExists", "The listener already exists.", "The load balancer has a listener on this port."},
	{ErrNoPermission, 400, "NoPermission", "Permission denied.", "No policy allows the call, or one denies it."},
	{ErrInvalidParameter, 400, "InvalidParameter.%s", "The specified field %s invalid. Please check it again.", "A value contradicts another one, or a parameter was given twice with different values."},

	{ErrLoadBalancerGone, 404, "LoadBalancerNotFound", "The specified load balancer does not exist. NotFound", "There is no load balancer of this id. The operations of which Terraform takes the answer for one that is gone have this form."},
	{ErrListenerNotFound, 404, "ListenerNotFound", "The specified listener does not exist. NotFound", "The load balancer has no listener on this port."},
	{ErrTooManyListeners, 400, "TooManyListeners", "More than 1 listener is found, please be more specified.", "Listeners of several protocols share the port and ListenerProtocol is absent."},
	{ErrInstanceNotFound, 404, "InvalidInstanceId.NotFound", "The specified instance does not exist. NotFound", "There is nothing of this id that could be released."},
	{ErrRegionNotFound, 400, "InvalidEnsRegionId.NotFound", "The specified EnsRegionId does not exist.", "There is no region of this id."},
	{ErrNetworkNotFound, 404, "InvalidNetworkId.NotFound", "The specified NetworkId does not exist. NotFound", "There is no network of this id, or not in the region."},
	{ErrVSwitchNotFound, 404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist. NotFound", "There is no vSwitch of this id, or not in the network."},
	{ErrVSwitchFull, 400, "InvalidVSwitchId.IpNotEnough", "The specified VSwitch has no free address.", "Every address of the vSwitch is taken."},
	{ErrEIPNotFound, 404, "InvalidAllocationId.NotFound", "The specified AllocationId does not exist. NotFound", "There is no EIP of this id."},
	{ErrResourceNotFound, 404, "InvalidResourceId.NotFound", "The specified ResourceId does not exist. NotFound", "There is no resource of this type and id; Recommend says which."},
	{ErrEIPGone, 404, "5100", "The specified EIP does not exist. NotFound", "There is no EIP of this id that could be released. The Kubernetes controller knows by this code that somebody else has released it."},
	{ErrEIPPoolEmpty, 400, "EipNotEnough", "The EIP pool has no free address.", "Every address of the pool is an EIP, or the node has no pool; Recommend says which."},
	{ErrEIPStatus, 400, "IncorrectEipStatus", "The current status of the EIP does not support this operation.", "The EIP is associated with something else, or it is not associated, or what is to be deleted still is; Recommend says which."},
	{ErrTooManyEIPs, 400, "TooManyEips", "The number of EIPs exceeds the limit of %s.", "The load balancer has as many EIPs as one may have."},
	{ErrBackendServerNotFound, 400, "BackendServerNotFound", "The backend server %s is not found.", "The load balancer has no such backend server."},
	{ErrBackendServerExists, 400, "BackendServerAlreadyExists", "The backend server %s already exists.", "The load balancer has this backend server on this port already."},
	{ErrTooManyBackendServers, 400, "TooManyBackendServers", "The number of backend servers exceeds the limit of %s.", "The pool is full."},
	{ErrIdempotentMismatch, 400, "IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.", "A ClientToken was used again with other parameters."},

	{ErrCertificateNotFound, 404, "CertificateNotFound", "The specified certificate does not exist. NotFound", "There is no certificate of this CertId."},
	{ErrCertificateExists, 409, "CertificateAlreadyExists", "A certificate of the name %s already exists.", "The name of a certificate is taken."},
	{ErrCertificateInUse, 409, "CertificateInUse", "The certificate is used by the listener %s.", "A listener serves the certificate."},
	{ErrInvalidCertificate, 400, "Invalid%s", "%s", "Certificate or key cannot be read, do not match or have expired; the message says which."},

	{ErrUserNotExist, 404, "EntityNotExist.User", "The user does not exist.", "There is no user of this name."},
	{ErrAccessKeyNotExist, 404, "EntityNotExist.User.AccessKey", "The access key does not exist.", "The user has no such access key."},
	{ErrUserPolicyNotExist, 404, "EntityNotExist.User.Policy", "The policy is not attached to the user.", "The user does not have this policy."},
	{ErrPolicyNotExist, 404, "EntityNotExist.Policy", "The policy does not exist.", "There is no policy of this name and type."},
	{ErrUserExists, 409, "EntityAlreadyExists.User", "The user already exists.", "The name of a user is taken."},
	{ErrUserPolicyExists, 409, "EntityAlreadyExists.User.Policy", "The policy is already attached to the user.", "The user has this policy."},
	{ErrPolicyExists, 409, "EntityAlreadyExists.Policy", "The policy already exists.", "The name of a policy is taken."},
	{ErrDeleteConflictAccessKey, 409, "DeleteConflict.User.AccessKey", "The user still has access keys.", "Delete the user's access keys first."},
	{ErrDeleteConflictPolicy, 409, "DeleteConflict.User.Policy", "The user still has policies attached.", "Detach the user's policies first."},
	{ErrDeleteConflictUser, 409, "DeleteConflict.Policy.User", "The policy is still attached to users.", "Detach the policy from its users first."},
	{ErrLimitExceededAccessKey, 409, "LimitExceeded.User.AccessKey", "The number of access keys of the user exceeds the limit.", "The user has as many access keys as one may have."},
	{ErrLimitExceededPolicy, 409, "LimitExceeded.User.Policy", "The number of policies attached to the user exceeds the limit.", "The user has as many policies as one may have."},
	{ErrLimitExceededUsers, 409, "LimitExceeded.User", "The number of users exceeds the limit.", "The account has 5,000 users."},
	{ErrLimitExceededGroups, 409, "LimitExceeded.Group", "The number of groups exceeds the limit.", "The account has 300 groups."},
	{ErrLimitExceededRoles, 409, "LimitExceeded.Role", "The number of roles exceeds the limit.", "The account has 1,000 roles."},
	{ErrLimitExceededPolicies, 409, "LimitExceeded.Policy", "The number of policies exceeds the limit.", "The account has 1,500 policies of its own."},
	{ErrDeleteConflictUserGroup, 409, "DeleteConflict.User.Group", "The user is still in groups.", "Remove the user from the groups first."},
	{ErrDeleteConflictPolicyGroup, 409, "DeleteConflict.Policy.Group", "The policy is still attached to groups.", "Detach the policy from its groups first."},
	{ErrDeleteConflictPolicyVersion, 409, "DeleteConflict.Policy.Version", "The policy still has versions besides the default one.", "Delete the versions that do not count first."},
	{ErrPolicyVersionNotExist, 404, "EntityNotExist.Policy.Version", "The policy version does not exist.", "The policy has no version of this ID."},
	{ErrDeleteConflictDefault, 409, "DeleteConflict.Policy.Version.Default", "The default version of a policy cannot be deleted.", "Let another version be the default one first, or delete the policy."},
	{ErrLimitExceededVersion, 409, "LimitExceeded.Policy.Version", "The number of versions of the policy exceeds the limit.", "The policy has five versions; RotateStrategy can delete the oldest one."},
	{ErrGroupNotExist, 404, "EntityNotExist.Group", "The group does not exist.", "There is no group of this name."},
	{ErrGroupExists, 409, "EntityAlreadyExists.Group", "The group already exists.", "The name of a group is taken."},
	{ErrUserGroupNotExist, 404, "EntityNotExist.User.Group", "The user is not in the group.", "The group does not have this user."},
	{ErrUserGroupExists, 409, "EntityAlreadyExists.User.Group", "The user is already in the group.", "The group has this user."},
	{ErrGroupPolicyNotExist, 404, "EntityNotExist.Group.Policy", "The policy is not attached to the group.", "The group does not have this policy."},
	{ErrGroupPolicyExists, 409, "EntityAlreadyExists.Group.Policy", "The policy is already attached to the group.", "The group has this policy."},
	{ErrDeleteConflictGroupUser, 409, "DeleteConflict.Group.User", "The group still has users.", "Remove the users from the group first."},
	{ErrDeleteConflictGroupPolicy, 409, "DeleteConflict.Group.Policy", "The group still has policies attached.", "Detach the group's policies first."},
	{ErrLimitExceededUserGroup, 409, "LimitExceeded.User.Group", "The number of groups of the user exceeds the limit.", "The user is in as many groups as one may be in."},
	{ErrLimitExceededGroupPolicy, 409, "LimitExceeded.Group.Policy", "The number of policies attached to the group exceeds the limit.", "The group has as many policies as one may have."},
	{ErrRoleNotExist, 404, "EntityNotExist.Role", "The role does not exist.", "There is no role of this name."},
	{ErrRoleExists, 409, "EntityAlreadyExists.Role", "The role already exists.", "The name of a role is taken."},
	{ErrRolePolicyNotExist, 404, "EntityNotExist.Role.Policy", "The policy is not attached to the role.", "The role does not have this policy."},
	{ErrRolePolicyExists, 409, "EntityAlreadyExists.Role.Policy", "The policy is already attached to the role.", "The role has this policy."},
	{ErrDeleteConflictRolePolicy, 409, "DeleteConflict.Role.Policy", "The role still has policies attached.", "Detach the role's policies first."},
	{ErrDeleteConflictPolicyRole, 409, "DeleteConflict.Policy.Role", "The policy is still attached to roles.", "Detach the policy from its roles first."},
	{ErrLimitExceededRolePolicy, 409, "LimitExceeded.Role.Policy", "The number of policies attached to the role exceeds the limit.", "The role has as many policies as one may have."},
	{ErrRoleByRoot, 403, "NoPermission", "Roles may not be assumed by root accounts.", "The call was made with a key of the account, which may do everything as it is."},
	{ErrNotTrusted, 403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.", "The trust policy of the role does not name the caller, or its conditions do not hold."},
	{ErrMalformedPolicyDocument, 400, "MalformedPolicyDocument", "The policy document is malformed: %s.", "The policy document does not follow the grammar of policies."},
	{ErrLoginProfileNotExist, 404, "EntityNotExist.User.LoginProfile", "The login profile does not exist.", "The user has no password for the console."},
	{ErrLoginProfileExists, 409, "EntityAlreadyExists.User.LoginProfile", "The login profile already exists.", "The user has a password for the console; UpdateLoginProfile changes it."},
	{ErrWrongPassword, 400, "InvalidParameter.OldPassword", "The old password is not correct.", "The password that was to be changed is another one."},
	{ErrNotAUser, 400, "NotSupported.Account", "The account itself has no password.", "The call was made with a key of the account, which signs in with that key."},
	{ErrNoPermissionRAM, 403, "NoPermission", "You are not authorized to do this action.", "No policy allows the call, or one denies it."},

	{ErrMissingParameter, 400, "MissingParameter", "The input parameter \"%s\" that is mandatory for processing this request is not supplied.", "A common parameter is absent."},
	{ErrInvalidCommon, 400, "InvalidParameter", "The specified parameter \"%s\" is not valid.", "A common parameter has a value that is not supported."},
	{ErrIncompleteSignature, 400, "IncompleteSignature", "The request signature does not conform to the standards.", "The signature or its header cannot be read."},
	{ErrSignatureDoesNotMatch, 400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation. server string to sign is:%s", "The secret is wrong or the request was changed."},
	{ErrAccessKeyNotFound, 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.", "There is no such access key."},
	{ErrAccessKeyInactive, 400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.", "The access key is Inactive."},
	{ErrTimestampExpired, 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", "The clocks of client and server differ by more than 15 minutes."},
	{ErrTimestampFormat, 400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.", "The time of the request cannot be read."},
	{ErrNonceUsed, 400, "SignatureNonceUsed", "Specified signature nonce was used already.", "The request was sent before."},
	{ErrActionNotFound, 404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.", "There is no such operation in this version."},
	{ErrVersion, 400, "InvalidVersion", "Specified parameter Version is not valid.", "No product has this version."},
	{ErrHTTPMethod, 403, "UnsupportedHTTPMethod", "This http method is not supported.", "Neither GET nor POST."},
	{ErrContentType, 400, "UnsupportedParameter", "The parameter %s is not supported.", "The body is not application/x-www-form-urlencoded."},
	{ErrSecurityToken, 400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken does not belong to the access key.", "A SecurityToken came with an access key that it was not answered with."},
	{ErrTokenMissing, 400, "MissingSecurityToken", "SecurityToken is mandatory for this action.", "An access key of a session was used without its SecurityToken."},
	{ErrTokenMalformed, 400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.", "The SecurityToken was cut, changed or made by another server."},
	{ErrTokenExpired, 400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.", "The session is over: AssumeRole begins another one."},
	{ErrRequestTooLarge, 413, "RequestEntityTooLarge", "The request is too large.", "The request is longer than any operation needs."},
	{ErrMalformedRequest, 400, "MalformedRequest", "The request is not a well-formed HTTP request.", "Request line, header fields or their lengths cannot be understood; Recommend says what. Of a version, a transfer coding or an expectation that does not exist the status is 505, 501 or 417."},
	{ErrNeedTLS, 400, "InvalidProtocol.NeedSsl", "Your request is denied as lack of ssl protect.", "The call came by plain HTTP and the API's port speaks TLS; see -api-plain."},
	{ErrThrottlingUser, 400, "Throttling.User", "Request was denied due to user flow control.", "More calls a second than one user may make; the header x-acs-retry-after says when to try again."},
	{ErrThrottlingAPI, 400, "Throttling.Api", "Request was denied due to api flow control.", "More calls a second than the account may make; the header x-acs-retry-after says when to try again."},
	{ErrInternal, 500, "InternalError", "The request processing has failed due to some unknown error.", "A fault of the server; its log has the cause under the RequestId."},
	{ErrUnavailable, 503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.", "The server is starting, stopping or overloaded."},
}

// CommonErrors are the errors that every call can end with, before its operation
// is executed.
var CommonErrors = []ErrorID{
	ErrMissingParameter, ErrInvalidCommon, ErrIncompleteSignature, ErrSignatureDoesNotMatch,
	ErrAccessKeyNotFound, ErrAccessKeyInactive, ErrTimestampExpired, ErrTimestampFormat, ErrNonceUsed,
	ErrSecurityToken, ErrTokenMissing, ErrTokenMalformed, ErrTokenExpired, ErrVersion, ErrActionNotFound, ErrHTTPMethod, ErrContentType, ErrRequestTooLarge,
	ErrMalformedRequest, ErrNeedTLS, ErrThrottlingUser, ErrThrottlingAPI,
	ErrInternal, ErrUnavailable,
}
