package elbtest

import (
	"errors"
	"net/http"
	"reflect"
	"sync"
	"testing"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/cas"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// An SDK is the official SDK with a node as its endpoint; it has one client for each
// product.
type SDK struct {
	ENS *ens.Client
	CAS *cas.Client
	RAM *ram.Client
	STS *sts.Client

	transports []*http.Transport // one for each client
}

// CloseIdle closes the idle connections.
func (s *SDK) CloseIdle() {
	for _, t := range s.transports {
		t.CloseIdleConnections()
	}
}

// SDK returns the official SDK with the root key.
func (n *Node) SDK(t testing.TB) *SDK { return n.SDKFor(t, n.AccessKeyID, n.Secret) }

// newClient is held while clients are created, because the SDK fills its table of
// endpoints without a lock.
var newClient sync.Mutex

// SDKFor returns the official SDK with any key.
func (n *Node) SDKFor(t testing.TB, accessKeyID, secret string) *SDK {
	t.Helper()
	newClient.Lock()
	defer newClient.Unlock()
	var s SDK
	var errs [4]error
	s.ENS, errs[0] = ens.NewClientWithAccessKey("local", accessKeyID, secret)
	s.CAS, errs[1] = cas.NewClientWithAccessKey("local", accessKeyID, secret)
	s.RAM, errs[2] = ram.NewClientWithAccessKey("local", accessKeyID, secret)
	s.STS, errs[3] = sts.NewClientWithAccessKey("local", accessKeyID, secret)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for _, c := range []interface{ SetTransport(http.RoundTripper) }{s.ENS, s.CAS, s.RAM, s.STS} {
		own := http.DefaultTransport.(*http.Transport).Clone() // the SDK modifies it with every call
		c.SetTransport(own)
		s.transports = append(s.transports, own)
	}
	t.Cleanup(s.CloseIdle)
	s.ENS.Domain, s.CAS.Domain, s.RAM.Domain, s.STS.Domain = n.API, n.API, n.API, n.API
	return &s
}

// Fill sets the fields of an SDK request by the names that are sent over the wire.
// Parameters that the SDK does not know are added to the query.
func Fill[R requests.AcsRequest](request R, params map[string]string) R {
	v := reflect.ValueOf(request).Elem()
	for name, value := range params {
		if !setField(v, name, value) {
			request.GetQueryParams()[name] = value
		}
	}
	return request
}

func setField(request reflect.Value, name, value string) bool {
	for i := range request.NumField() {
		field := request.Field(i)
		if request.Type().Field(i).Tag.Get("name") == name && field.Kind() == reflect.String {
			field.SetString(value)
			return true
		}
	}
	return false
}

// Code returns the error code of a refused call: "" for success, and the message of an
// error that is not the server's.
func Code(err error) string {
	if err == nil {
		return ""
	}
	var refusal sdkerrors.Error
	if errors.As(err, &refusal) {
		return refusal.ErrorCode()
	}
	return err.Error()
}
