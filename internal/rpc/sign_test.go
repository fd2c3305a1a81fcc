package rpc

import (
	"crypto/sha256"
	"net/http"
	"testing"
)

// The public samples of the V1 signature, in both spellings of the time.
func TestSignV1Vectors(t *testing.T) {
	for date, want := range map[string]string{
		"Timestamp": "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
		"TimeStamp": "CT9X0VtwR86fNWSnsc6v8YGOjuE=",
	} {
		params := map[string]string{
			"AccessKeyId": "testid", "Action": "DescribeRegions", "Version": "2014-05-26", "Format": "XML",
			"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0",
			"SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf", date: "2016-02-23T12:46:24Z",
			"Signature": "is not part of what is signed",
		}
		if got := signV1("testsecret", stringToSignV1("GET", params)); got != want {
			t.Errorf("with %s: got %s, want %s", date, got, want)
		}
	}
}

// The public sample of ACS3-HMAC-SHA256.
func TestSignV3Vector(t *testing.T) {
	header := http.Header{}
	for name, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		header.Set(name, value)
	}
	signed := []string{
		"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version",
	}
	query := map[string]string{
		"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai",
	}
	toSign := stringToSignV3(canonicalV3("POST", "ecs.cn-shanghai.aliyuncs.com", header, signed, canonicalParams(query, ""), sha256.Sum256(nil)))
	if want := "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"; toSign != want {
		t.Errorf("string to sign: got %q, want %q", toSign, want)
	}
	want := "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if got := signV3("YourAccessKeySecret", toSign); got != want {
		t.Errorf("signature: got %s, want %s", got, want)
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"AZaz09-_.~":     "AZaz09-_.~",
		"a b+c*d/e":      "a%20b%2Bc%2Ad%2Fe",
		"ü\x00%\n&=":     "%C3%BC%00%25%0A%26%3D",
		"a single \xff.": "a%20single%20%FF.",
	} {
		if got := string(appendEscaped(nil, in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestCanonicalParams(t *testing.T) {
	params := map[string]string{"b": "", "a": "1 2", "B": "x", "Signature": "s", "Tag.1.Key": "k"}
	if got, want := canonicalParams(params, "Signature"), "B=x&Tag.1.Key=k&a=1%202&b="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
