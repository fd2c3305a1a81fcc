package api

import (
	"strings"
	"testing"
)

// The error rows of the specification's page, word for word.
func TestSpecifiedErrors(t *testing.T) {
	for _, tt := range []struct {
		got           *Error
		code, message string
	}{
		{Invalid("Cookie"), "InvalidCookie", "The specified parameter Cookie is invalid."},
		{Missing("HealthCheck"), "MissingHealthCheck", "You must specify the parameter HealthCheck."},
		{LoadBalancerNotFound(), "LoadBalancerNotFound", "The input parameter loadBalancerId that is not found."},
		{IncorrectInstanceStatus(), "IncorrectInstanceStatus", "The current status of the resource does not support this operation."},
		{ServerCertificateNotFound(), "ServerCertificateNotFound", "The input parameter serverCertificateId that is not found."},
		{InterfaceError(), "ens.interface.error", "Failed to call API."},
		{ListenerAlreadyExists(), "ListenerAlreadyExists", "The listener already exists."},
		{NoPermission(&Operation{Product: "Ens"}, nil), "NoPermission", "Permission denied."},
		{InvalidField("ForwardPort"), "InvalidParameter.ForwardPort", "The specified field ForwardPort invalid. Please check it again."},
	} {
		if tt.got.Status != 400 || tt.got.Code != tt.code || tt.got.Message != tt.message {
			t.Errorf("got %d %s %q, want 400 %s %q", tt.got.Status, tt.got.Code, tt.got.Message, tt.code, tt.message)
		}
	}
}

func TestNoPermissionByProduct(t *testing.T) {
	detail := &AccessDenied{AuthAction: "x:y"}
	status := map[string]int{"Ens": 400, "cas": 400, "Ram": 403, "Sts": 403}
	for _, op := range Operations() {
		want := status[op.Product]
		if op.Unrestricted {
			continue
		}
		e := NoPermission(op, detail)
		if e.Status != want || e.Code != "NoPermission" || e.Denied != detail {
			t.Errorf("%s: got %d %s with %v, want %d NoPermission with the detail", op.Name, e.Status, e.Code, e.Denied, want)
		}
	}
}

func TestErrorTable(t *testing.T) {
	seen := make(map[ErrorID]bool)
	for _, row := range ErrorTable {
		if seen[row.ID] {
			t.Errorf("%s: two rows", row.ID)
		}
		seen[row.ID] = true
		if row.Status < 400 || row.Status > 599 {
			t.Errorf("%s: status %d", row.ID, row.Status)
		}
		if !strings.HasSuffix(row.Doc, ".") {
			t.Errorf("%s: its text %q is no sentence", row.ID, row.Doc)
		}
	}
	used := make(map[ErrorID]bool)
	for _, id := range CommonErrors {
		used[id] = true
	}
	for _, op := range Operations() {
		for _, id := range op.Errors {
			used[id] = true
		}
	}
	for id := range seen {
		if !used[id] {
			t.Errorf("%s: no call ends with it", id)
		}
	}
}
