package rpc

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"time"
)

const (
	methodV1  = "HMAC-SHA1"
	versionV1 = "1.0"

	// signedTime is the format of a call's time in both algorithms, in UTC.
	signedTime = "2006-01-02T15:04:05Z"
)

// stringToSignV1 is the text that the V1 signature covers: the method and all
// parameters but the signature itself, of query and form alike, empty ones
// included.
func stringToSignV1(method string, params map[string]string) string {
	b := append([]byte(method), "&%2F&"...)
	return string(appendEscaped(b, canonicalParams(params, "Signature")))
}

func signV1(secret, stringToSign string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(stringToSign))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// readV1 reads the parameters that sign a V1 request.
func (req *Request) readV1() error {
	date := "Timestamp"
	if _, given := req.Params[date]; !given {
		if _, given := req.Params["TimeStamp"]; given { // the spelling of some public samples
			date = "TimeStamp"
		}
	}
	for _, name := range []string{
		"AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", date,
	} {
		if req.Params[name] == "" {
			return missing(name)
		}
	}
	switch {
	case req.Params["SignatureMethod"] != methodV1:
		return invalid("SignatureMethod").because("It must be %s.", methodV1)
	case req.Params["SignatureVersion"] != versionV1:
		return invalid("SignatureVersion").because("It must be %s.", versionV1)
	case req.Params["SignatureType"] != "":
		return invalid("SignatureType").because("It must be empty.")
	}
	req.algorithm = V1
	req.AccessKeyID = req.Params["AccessKeyId"]
	req.signature = req.Params["Signature"]
	req.Token = req.Params["SecurityToken"]
	return req.readMoment(req.Params[date], req.Params["SignatureNonce"])
}

// readMoment reads time and nonce of a signature.
func (req *Request) readMoment(date, nonce string) error {
	t, err := time.Parse(signedTime, date)
	if err != nil {
		return badRequest("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
	}
	if len(nonce) > maxNonceBytes {
		return invalid("SignatureNonce").because("It may have %d bytes.", maxNonceBytes)
	}
	req.Time, req.Nonce = t, nonce
	return nil
}
