package elbtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/rpc"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
)

// The official SDK creates, gets, updates and deletes a login profile, and a user changes
// their own password.
func TestLoginProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.node.SDK(t).RAM

	create := ram.CreateCreateLoginProfileRequest()
	create.UserName, create.Password = "carol", "staple-battery-horse"
	create.PasswordResetRequired = requests.NewBoolean(true)
	made, err := client.CreateLoginProfile(create)
	if err != nil {
		t.Fatal(err)
	}
	if p := made.LoginProfile; p.UserName != "carol" || !p.PasswordResetRequired || p.MFABindRequired || p.CreateDate == "" {
		t.Errorf("created %+v", p)
	}

	update := ram.CreateUpdateLoginProfileRequest()
	update.UserName, update.MFABindRequired = "carol", requests.NewBoolean(true)
	if _, err := client.UpdateLoginProfile(update); err != nil {
		t.Fatal(err)
	}
	get := ram.CreateGetLoginProfileRequest()
	get.UserName = "carol"
	found, err := client.GetLoginProfile(get)
	if err != nil {
		t.Fatal(err)
	}
	if p := found.LoginProfile; !p.PasswordResetRequired || !p.MFABindRequired || p.CreateDate != made.LoginProfile.CreateDate {
		t.Errorf("after an update of MFABindRequired alone: %+v", p)
	}

	remove := ram.CreateDeleteLoginProfileRequest()
	remove.UserName = "carol"
	if _, err := client.DeleteLoginProfile(remove); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetLoginProfile(get); Code(err) != "EntityNotExist.User.LoginProfile" {
		t.Errorf("after the deletion: %v", err)
	}
}

// A user can change their own password with the old one and without a policy; the account
// root has no password. Deleting a user deletes the login profile.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	change := func(c *rpc.Client, old, new string) error {
		_, err := patient(t, c, operation(t, "ChangePassword"), map[string]string{"OldPassword": old, "NewPassword": new})
		return err
	}
	w.isRow(t, change(w.Client, worldPassword, "another-password"), api.ErrNotAUser)
	w.isRow(t, change(w.signer, "a-wrong-password", "another-password"), api.ErrWrongPassword)
	if e, ok := errors.AsType[*rpc.Error](change(w.signer, worldPassword, worldPassword)); !ok || e.Code != "InvalidParameter.NewPassword" {
		t.Errorf("the same password again: %v", e)
	}
	w.must(t, "UpdateLoginProfile", map[string]string{"UserName": "erin", "PasswordResetRequired": "true"}, nil)
	if err := change(w.signer, worldPassword, "another-password"); err != nil {
		t.Fatal(err)
	}
	w.isRow(t, change(w.signer, worldPassword, "a-third-password"), api.ErrWrongPassword)
	var out struct{ LoginProfile api.LoginProfile }
	if err := json.Unmarshal(w.must(t, "GetLoginProfile", map[string]string{"UserName": "erin"}, nil), &out); err != nil {
		t.Fatal(err)
	}
	if out.LoginProfile.PasswordResetRequired {
		t.Error("the password was reset and is still to be")
	}

	w.must(t, "DeleteAccessKey", map[string]string{"UserName": "erin", "UserAccessKeyId": w.signer.AccessKeyID}, nil)
	w.must(t, "DetachPolicyFromUser", map[string]string{"PolicyType": "Custom", "PolicyName": "assume", "UserName": "erin"}, nil)
	w.must(t, "DeleteUser", map[string]string{"UserName": "erin"}, nil)
	w.must(t, "CreateUser", map[string]string{"UserName": "erin"}, nil)
	_, err := patient(t, w.Client, operation(t, "GetLoginProfile"), map[string]string{"UserName": "erin"})
	w.isRow(t, err, api.ErrLoginProfileNotExist)
}

// Guessing an old password locks that user out, with the right password too, and no other
// user. The console shares the counter, because it is the same password.
func TestChangePasswordLockout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	change := func(c *rpc.Client, old, new string) *rpc.Error {
		t.Helper()
		for {
			_, err := c.Call(t.Context(), api.RamVersion, "ChangePassword", map[string]string{"OldPassword": old, "NewPassword": new})
			e, refused := errors.AsType[*rpc.Error](err)
			if err != nil && !refused {
				t.Fatal(err)
			}
			if e != nil && e.RetryAfter > 0 { // too many calls a second
				time.Sleep(e.RetryAfter)
				continue
			}
			return e
		}
	}
	for i := range 5 {
		if e := change(w.signer, fmt.Sprint("a-wrong-password-", i), "another-password"); e == nil || e.Code != string(api.ErrWrongPassword) {
			t.Fatalf("try %d: %v", i+1, e)
		}
	}
	for _, old := range []string{"a-wrong-password", worldPassword} {
		if e := change(w.signer, old, "another-password"); e == nil || e.Code != string(api.ErrThrottlingUser) || !strings.Contains(e.Recommend, "The old password was wrong too often: try again in ") {
			t.Errorf("with %q: %+v", old, e)
		}
	}
	if at, text := newVisitor(t, w.node).signIn("password", "erin", worldPassword); at != "/console/signin" || !strings.Contains(text, "Try again in") {
		t.Errorf("a sign-in at the console ended at %s: %s", at, text)
	}
	if e := change(w.newKey(t, "alice"), worldPassword, "another-password"); e != nil {
		t.Errorf("another user: %v", e)
	}
}
