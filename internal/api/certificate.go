package api

// UploadUserCertificateInput is a key pair in PEM.
type UploadUserCertificateInput struct {
	Name string
	Cert string // the leaf, then its issuers
	Key  string

	Group string // ResourceGroupId: accepted, no effect
}

// Params lists the rows.
func (in *UploadUserCertificateInput) Params() []Param {
	return []Param{
		{Name: "Name", Var: Text(&in.Name, 1, maxFree), Required: true, Names: certificateNameKind, New: true, Doc: "The name of the certificate, no two of one account alike."},
		{Name: "Cert", Label: "Certificate chain in PEM", Var: Text(&in.Cert, 1, maxPEM), Required: true, File: true, Doc: "The certificate in PEM, followed by those that issued it."},
		{Name: "Key", Label: "Private key in PEM", Var: Text(&in.Key, 1, maxPEM), Required: true, File: true, Secret: true, Doc: "The private key in PEM, without a passphrase."},
		{Name: "ResourceGroupId", Var: ID(&in.Group), Doc: "Accepted for compatibility, without effect."},
	}
}

// maxPEM bounds a certificate chain or a key in characters. 64 KiB holds a
// chain of twenty RSA-4096 certificates.
const maxPEM = 64 << 10

// UploadUserCertificateOutput names the certificate.
type UploadUserCertificateOutput struct {
	CertID     int64  `json:"CertId"`
	ResourceID string `json:"ResourceId"` // the InstanceId of GetUserCertificateDetail
}

// GetUserCertificateDetailInput names a certificate.
type GetUserCertificateDetailInput struct {
	CertID int64
	Filter bool // without certificate and key
}

// Params lists the rows.
func (in *GetUserCertificateDetailInput) Params() []Param {
	return []Param{
		certID(&in.CertID),
		{Name: "CertFilter", Var: Bool(&in.Filter), Default: "false", Doc: "Whether certificate and key are left out of the answer."},
	}
}

func certID(p *int64) Param {
	return Param{Name: "CertId", Var: Int64(p, 1, 1<<53-1), Required: true, Names: certificateKind, Doc: "The ID of the certificate."}
}

// GetUserCertificateDetailOutput describes a certificate completely. The fields
// of SM2 certificates and of orders are always empty.
type GetUserCertificateDetailOutput struct {
	ID                int64 `json:"Id"`
	Name              string
	Cert              string
	Key               string
	CertIdentifier    string // the ID and "-cn-hangzhou", whatever the region is
	InstanceID        string `json:"InstanceId"` // cas-upload-…
	Common            string
	Sans              string // separated by commas
	Issuer            string
	OrgName           string
	Province          string
	City              string
	Country           string
	Fingerprint       string
	Sha2              string
	SerialNo          string
	StartDate         string // 2006-01-02
	EndDate           string // 2006-01-02
	NotBefore         int64  // milliseconds since 1970
	NotAfter          int64  // milliseconds since 1970
	Expired           bool
	BuyInAliyun       bool
	OrderID           int64 `json:"OrderId"`
	Algorithm         string
	ResourceGroupID   string `json:"ResourceGroupId"`
	CertChain         Array[ChainLink]
	EncryptCert       string
	EncryptPrivateKey string
	SignCert          string
	SignPrivateKey    string
}

// A ChainLink is one certificate of a chain, the leaf first.
type ChainLink struct {
	CommonName       string
	IssuerCommonName string
	NotBefore        int64 // milliseconds since 1970
	NotAfter         int64 // milliseconds since 1970
	RemainDay        int   // whole days until NotAfter, 0 once it has passed
}

// ListUserCertificateOrderInput filters certificates.
type ListUserCertificateOrderInput struct {
	Keyword     string // part of a name or domain
	CurrentPage int
	ShowSize    int
	Status      string
	OrderType   string
	Group       string
}

// Params lists the rows.
func (in *ListUserCertificateOrderInput) Params() []Param {
	return []Param{
		{Name: "Keyword", Var: Text(&in.Keyword, 1, maxFree), Doc: "A part of the name or of a domain of certificates."},
		{Name: "CurrentPage", Var: Int(&in.CurrentPage, 1, maxPage), Default: "1", Doc: "The page of the answer, counted from 1."},
		{Name: "ShowSize", Var: Int(&in.ShowSize, 1, 100), Default: "50", Doc: "How many entries a page has."},
		{Name: "Status", Var: OneOf(&in.Status, "ISSUED", "WILLEXPIRED", "EXPIRED"), Doc: "The status of certificates: valid, expiring within 30 days, expired."},
		{Name: "OrderType", Var: OneOf(&in.OrderType, "CPACK", "BUY", "UPLOAD", "CERT"), Doc: "Where certificates come from. Here all are uploaded (UPLOAD), so CPACK and BUY match none."},
		{Name: "ResourceGroupId", Var: ID(&in.Group), Doc: "The ID of a resource group. There are none, so any matches none."},
	}
}

// ListUserCertificateOrderOutput is one page of certificates. The array is not
// wrapped.
type ListUserCertificateOrderOutput struct {
	CertificateOrderList Array[CertificateOrder]
	CurrentPage          int64
	ShowSize             int64
	TotalCount           int64
}

// A CertificateOrder is an entry of the list.
type CertificateOrder struct {
	Algorithm       string
	CertEndTime     int64 // milliseconds since 1970
	CertStartTime   int64 // milliseconds since 1970
	CertificateID   int64 `json:"CertificateId"`
	City            string
	CommonName      string
	Country         string
	EndDate         string // 2006-01-02
	Expired         bool
	Fingerprint     string
	InstanceID      string `json:"InstanceId"`
	Issuer          string
	Name            string
	OrgName         string
	Province        string
	ResourceGroupID string `json:"ResourceGroupId"`
	Sans            string // separated by commas
	SerialNo        string
	Sha2            string
	StartDate       string // 2006-01-02
	Status          string
	Upload          bool
}

// DeleteUserCertificateInput names a certificate.
type DeleteUserCertificateInput struct{ CertID int64 }

// Params lists the rows.
func (in *DeleteUserCertificateInput) Params() []Param { return []Param{certID(&in.CertID)} }

// DeleteUserCertificateOutput is empty.
type DeleteUserCertificateOutput struct{}
