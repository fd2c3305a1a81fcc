package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/cas"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	sdkram "github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/ram"
)

// sdk is the official client with the key and secret, one product each.
type sdk struct {
	ens *ens.Client
	cas *cas.Client
	ram *sdkram.Client
	sts *sts.Client
}

func newSDK(t *testing.T, s *site, key, secret string) sdk {
	t.Helper()
	var c sdk
	var errs [4]error
	c.ens, errs[0] = ens.NewClientWithAccessKey("local", key, secret)
	c.cas, errs[1] = cas.NewClientWithAccessKey("local", key, secret)
	c.ram, errs[2] = sdkram.NewClientWithAccessKey("local", key, secret)
	c.sts, errs[3] = sts.NewClientWithAccessKey("local", key, secret)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.URL, "http://")
	c.ens.Domain, c.cas.Domain, c.ram.Domain, c.sts.Domain = host, host, host, host
	return c
}

func sdkRefused(t *testing.T, err error, status int, code string) sdkerrors.Error {
	t.Helper()
	e, ok := errors.AsType[sdkerrors.Error](err)
	if !ok {
		t.Fatalf("got %v, want %s", err, code)
	}
	if e.HttpStatus() != status || e.ErrorCode() != code {
		t.Fatalf("got %d %s (%s), want %d %s", e.HttpStatus(), e.ErrorCode(), e.Message(), status, code)
	}
	return e
}

func TestSDKCalls(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{
		"ens:DescribeEnsRegions": answers(api.DescribeEnsRegionsOutput{
			EnsRegions: api.EnsRegions{EnsRegions: api.Array[api.EnsRegion]{{EnsRegionID: "local", Name: "Ä & B"}}},
		}, nil),
		"cas:UploadUserCertificate": func(_ context.Context, _ ram.Identity, in api.Input) (any, error) {
			upload := in.(*api.UploadUserCertificateInput)
			return api.UploadUserCertificateOutput{CertID: int64(len(upload.Cert) + len(upload.Key))}, nil
		},
		"ram:GetUser": func(_ context.Context, _ ram.Identity, in api.Input) (any, error) {
			return api.GetUserOutput{User: api.User{UserName: in.(*api.GetUserInput).UserName}}, nil
		},
		"sts:GetCallerIdentity": func(_ context.Context, who ram.Identity, _ api.Input) (any, error) {
			return api.GetCallerIdentityOutput{AccountID: who.AccountID, UserID: who.UserID}, nil
		},
	})
	c := newSDK(t, s, "root", "root-secret")

	for _, format := range []string{"JSON", "XML"} {
		regions := ens.CreateDescribeEnsRegionsRequest()
		regions.AcceptFormat = format
		got, err := c.ens.DescribeEnsRegions(regions)
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		list := got.EnsRegions.EnsRegionsItem
		if len(list) != 1 || list[0].EnsRegionId != "local" || list[0].Name != "Ä & B" || len(got.RequestId) != 36 {
			t.Errorf("%s: got %+v", format, got)
		}
	}

	upload := cas.CreateUploadUserCertificateRequest()
	upload.Name, upload.Cert, upload.Key = "c", strings.Repeat("+/=\n", 10_000), strings.Repeat("k \r\n", 1000)
	if got, err := c.cas.UploadUserCertificate(upload); err != nil || got.CertId != 44_000 {
		t.Errorf("UploadUserCertificate: got %+v, %v", got, err)
	}

	user := sdkram.CreateGetUserRequest()
	user.Scheme, user.UserName = "http", "alice"
	if got, err := c.ram.GetUser(user); err != nil || got.User.UserName != "alice" {
		t.Errorf("GetUser: got %+v, %v", got, err)
	}

	if got, err := c.sts.GetCallerIdentity(sts.CreateGetCallerIdentityRequest()); err != nil || got.AccountId != account {
		t.Errorf("GetCallerIdentity: got %+v, %v", got, err)
	}
}

// The SDK detects a wrong secret by itself, from the string to sign in the
// message.
func TestSDKWrongSecret(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"sts:GetCallerIdentity": answers(nil, nil)})
	c := newSDK(t, s, "root", "wrong")
	_, err := c.sts.GetCallerIdentity(sts.CreateGetCallerIdentityRequest())
	e := sdkRefused(t, err, 400, "SignatureDoesNotMatch")
	server, ok := errors.AsType[*sdkerrors.ServerError](e)
	if !ok || !strings.HasPrefix(server.Recommend(), "InvalidAccessKeySecret") {
		t.Errorf("the SDK recommends: %v", e)
	}
}

func TestSDKReplayAndClock(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"sts:GetCallerIdentity": answers(nil, nil)})
	c := newSDK(t, s, "root", "root-secret")
	var sent *http.Request
	c.sts.SetTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r.Clone(context.Background())
		sent.Body = http.NoBody // the SDK puts everything into the query
		return http.DefaultTransport.RoundTrip(r)
	}))
	if _, err := c.sts.GetCallerIdentity(sts.CreateGetCallerIdentityRequest()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 400 || !strings.Contains(string(body), "SignatureNonceUsed") {
		t.Errorf("a replay got %d %s", resp.StatusCode, body)
	}

	s.ahead(16 * time.Minute)
	_, err = c.sts.GetCallerIdentity(sts.CreateGetCallerIdentityRequest())
	sdkRefused(t, err, 400, "InvalidTimeStamp.Expired")
}

// The SDK parses a denial with its detail, and an unknown key.
func TestSDKDenied(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"ens:DescribeEnsRegions": answers(nil, nil)},
		`{"Version":"1","Statement":[{"Effect":"Deny","Action":"ens:*","Resource":"*"}]}`)
	_, err := newSDK(t, s, "user", "user-secret").ens.DescribeEnsRegions(ens.CreateDescribeEnsRegionsRequest())
	e := sdkRefused(t, err, 400, "NoPermission")
	server, ok := errors.AsType[*sdkerrors.ServerError](e)
	if !ok || e.Message() != "Permission denied." || server.AccessDeniedDetail()["NoPermissionType"] != "ExplicitDeny" ||
		server.AccessDeniedDetail()["AuthPrincipalDisplayName"] != "alice" {
		t.Errorf("got %v", e)
	}
	_, err = newSDK(t, s, "nobody", "x").ens.DescribeEnsRegions(ens.CreateDescribeEnsRegionsRequest())
	sdkRefused(t, err, 404, "InvalidAccessKeyId.NotFound")
}
