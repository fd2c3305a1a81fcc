package api

// certificateOperations are the operations of the certificate service.
var certificateOperations = []*Operation{
	{
		Product: "cas", Version: CasVersion, Name: "UploadUserCertificate", Access: "create", Rate: usual,
		Doc: "Uploads a certificate and its private key.",
		New: input[UploadUserCertificateInput], Out: output[UploadUserCertificateOutput], ObservedBy: "GetUserCertificateDetail",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrInvalidCertificate, ErrCertificateExists},
		Example: []Example{
			{"Name", "shop"},
			{"Cert", exampleCert},
			{"Key", exampleKey},
		},
	},
	{
		Product: "cas", Version: CasVersion, Name: "GetUserCertificateDetail", Access: "get", Rate: usual,
		Doc: "Describes a certificate.",
		New: input[GetUserCertificateDetailInput], Out: output[GetUserCertificateDetailOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrCertificateNotFound},
		Example: []Example{
			{"CertId", "60276"},
			{"CertFilter", "true"},
		},
	},
	{
		Product: "cas", Version: CasVersion, Name: "ListUserCertificateOrder", Access: "list", Rate: usual,
		Doc: "Lists certificates.",
		New: input[ListUserCertificateOrderInput], Out: output[ListUserCertificateOrderOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"OrderType", "UPLOAD"},
			{"ShowSize", "20"},
		},
	},
	{
		Product: "cas", Version: CasVersion, Name: "DeleteUserCertificate", Access: "delete", Rate: usual,
		Doc: "Deletes a certificate that no listener uses.",
		New: input[DeleteUserCertificateInput], Out: output[DeleteUserCertificateOutput], ObservedBy: "GetUserCertificateDetail",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrCertificateNotFound, ErrCertificateInUse},
		Example: []Example{
			{"CertId", "60276"},
		},
	},
}
