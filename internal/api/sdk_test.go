package api

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/cas"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
)

// The requests and answers of the official SDK, per operation.
var sdk = map[string]struct{ request, response any }{
	"CreateLoadBalancer":                         {ens.CreateLoadBalancerRequest{}, ens.CreateLoadBalancerResponse{}},
	"DescribeLoadBalancers":                      {ens.DescribeLoadBalancersRequest{}, ens.DescribeLoadBalancersResponse{}},
	"DescribeLoadBalancerAttribute":              {ens.DescribeLoadBalancerAttributeRequest{}, ens.DescribeLoadBalancerAttributeResponse{}},
	"ModifyLoadBalancerAttribute":                {ens.ModifyLoadBalancerAttributeRequest{}, ens.ModifyLoadBalancerAttributeResponse{}},
	"SetLoadBalancerStatus":                      {ens.SetLoadBalancerStatusRequest{}, ens.SetLoadBalancerStatusResponse{}},
	"DescribeLoadBalancerSpec":                   {ens.DescribeLoadBalancerSpecRequest{}, ens.DescribeLoadBalancerSpecResponse{}},
	"ReleaseInstance":                            {ens.ReleaseInstanceRequest{}, ens.ReleaseInstanceResponse{}},
	"CreateLoadBalancerHTTPSListener":            {ens.CreateLoadBalancerHTTPSListenerRequest{}, ens.CreateLoadBalancerHTTPSListenerResponse{}},
	"SetLoadBalancerHTTPSListenerAttribute":      {ens.SetLoadBalancerHTTPSListenerAttributeRequest{}, ens.SetLoadBalancerHTTPSListenerAttributeResponse{}},
	"DescribeLoadBalancerHTTPSListenerAttribute": {ens.DescribeLoadBalancerHTTPSListenerAttributeRequest{}, ens.DescribeLoadBalancerHTTPSListenerAttributeResponse{}},
	"CreateLoadBalancerHTTPListener":             {ens.CreateLoadBalancerHTTPListenerRequest{}, ens.CreateLoadBalancerHTTPListenerResponse{}},
	"SetLoadBalancerHTTPListenerAttribute":       {ens.SetLoadBalancerHTTPListenerAttributeRequest{}, ens.SetLoadBalancerHTTPListenerAttributeResponse{}},
	"DescribeLoadBalancerHTTPListenerAttribute":  {ens.DescribeLoadBalancerHTTPListenerAttributeRequest{}, ens.DescribeLoadBalancerHTTPListenerAttributeResponse{}},
	"CreateLoadBalancerTCPListener":              {ens.CreateLoadBalancerTCPListenerRequest{}, ens.CreateLoadBalancerTCPListenerResponse{}},
	"SetLoadBalancerTCPListenerAttribute":        {ens.SetLoadBalancerTCPListenerAttributeRequest{}, ens.SetLoadBalancerTCPListenerAttributeResponse{}},
	"DescribeLoadBalancerTCPListenerAttribute":   {ens.DescribeLoadBalancerTCPListenerAttributeRequest{}, ens.DescribeLoadBalancerTCPListenerAttributeResponse{}},
	"CreateLoadBalancerUDPListener":              {ens.CreateLoadBalancerUDPListenerRequest{}, ens.CreateLoadBalancerUDPListenerResponse{}},
	"SetLoadBalancerUDPListenerAttribute":        {ens.SetLoadBalancerUDPListenerAttributeRequest{}, ens.SetLoadBalancerUDPListenerAttributeResponse{}},
	"DescribeLoadBalancerUDPListenerAttribute":   {ens.DescribeLoadBalancerUDPListenerAttributeRequest{}, ens.DescribeLoadBalancerUDPListenerAttributeResponse{}},
	"DescribeLoadBalancerListeners":              {ens.DescribeLoadBalancerListenersRequest{}, ens.DescribeLoadBalancerListenersResponse{}},
	"StartLoadBalancerListener":                  {ens.StartLoadBalancerListenerRequest{}, ens.StartLoadBalancerListenerResponse{}},
	"StopLoadBalancerListener":                   {ens.StopLoadBalancerListenerRequest{}, ens.StopLoadBalancerListenerResponse{}},
	"DeleteLoadBalancerListener":                 {ens.DeleteLoadBalancerListenerRequest{}, ens.DeleteLoadBalancerListenerResponse{}},
	"AddBackendServers":                          {ens.AddBackendServersRequest{}, ens.AddBackendServersResponse{}},
	"SetBackendServers":                          {ens.SetBackendServersRequest{}, ens.SetBackendServersResponse{}},
	"RemoveBackendServers":                       {ens.RemoveBackendServersRequest{}, ens.RemoveBackendServersResponse{}},
	"DescribeInstances":                          {ens.DescribeInstancesRequest{}, ens.DescribeInstancesResponse{}},
	"DescribeNetworkInterfaces":                  {ens.DescribeNetworkInterfacesRequest{}, ens.DescribeNetworkInterfacesResponse{}},
	"DescribeLoadBalancerListenMonitor":          {ens.DescribeLoadBalancerListenMonitorRequest{}, ens.DescribeLoadBalancerListenMonitorResponse{}},
	"DescribeServerLoadBalancerListenMonitor":    {ens.DescribeServerLoadBalancerListenMonitorRequest{}, ens.DescribeServerLoadBalancerListenMonitorResponse{}},
	"DescribeServerLoadBalancerMonitor":          {ens.DescribeServerLoadBalancerMonitorRequest{}, ens.DescribeServerLoadBalancerMonitorResponse{}},
	"DescribeEnsRegions":                         {ens.DescribeEnsRegionsRequest{}, ens.DescribeEnsRegionsResponse{}},
	"DescribeNetworks":                           {ens.DescribeNetworksRequest{}, ens.DescribeNetworksResponse{}},
	"DescribeVSwitches":                          {ens.DescribeVSwitchesRequest{}, ens.DescribeVSwitchesResponse{}},
	"DescribeRegionIsps":                         {ens.DescribeRegionIspsRequest{}, ens.DescribeRegionIspsResponse{}},
	"CreateNetwork":                              {ens.CreateNetworkRequest{}, ens.CreateNetworkResponse{}},
	"DescribeNetworkAttribute":                   {ens.DescribeNetworkAttributeRequest{}, ens.DescribeNetworkAttributeResponse{}},
	"ModifyNetworkAttribute":                     {ens.ModifyNetworkAttributeRequest{}, ens.ModifyNetworkAttributeResponse{}},
	"DeleteNetwork":                              {ens.DeleteNetworkRequest{}, ens.DeleteNetworkResponse{}},
	"CreateVSwitch":                              {ens.CreateVSwitchRequest{}, ens.CreateVSwitchResponse{}},
	"DescribeVSwitchAttributes":                  {ens.DescribeVSwitchAttributesRequest{}, ens.DescribeVSwitchAttributesResponse{}},
	"ModifyVSwitchAttribute":                     {ens.ModifyVSwitchAttributeRequest{}, ens.ModifyVSwitchAttributeResponse{}},
	"DeleteVSwitch":                              {ens.DeleteVSwitchRequest{}, ens.DeleteVSwitchResponse{}},
	"CreateEipInstance":                          {ens.CreateEipInstanceRequest{}, ens.CreateEipInstanceResponse{}},
	"DescribeEnsEipAddresses":                    {ens.DescribeEnsEipAddressesRequest{}, ens.DescribeEnsEipAddressesResponse{}},
	"AssociateEnsEipAddress":                     {ens.AssociateEnsEipAddressRequest{}, ens.AssociateEnsEipAddressResponse{}},
	"UnAssociateEnsEipAddress":                   {ens.UnAssociateEnsEipAddressRequest{}, ens.UnAssociateEnsEipAddressResponse{}},
	"ModifyEnsEipAddressAttribute":               {ens.ModifyEnsEipAddressAttributeRequest{}, ens.ModifyEnsEipAddressAttributeResponse{}},
	"DeleteEip":                                  {ens.DeleteEipRequest{}, ens.DeleteEipResponse{}},
	"TagResources":                               {ens.TagResourcesRequest{}, ens.TagResourcesResponse{}},
	"UntagResources":                             {ens.UntagResourcesRequest{}, ens.UntagResourcesResponse{}},
	"ListTagResources":                           {ens.ListTagResourcesRequest{}, ens.ListTagResourcesResponse{}},
	"UploadUserCertificate":                      {cas.UploadUserCertificateRequest{}, cas.UploadUserCertificateResponse{}},
	"GetUserCertificateDetail":                   {cas.GetUserCertificateDetailRequest{}, cas.GetUserCertificateDetailResponse{}},
	"ListUserCertificateOrder":                   {cas.ListUserCertificateOrderRequest{}, cas.ListUserCertificateOrderResponse{}},
	"DeleteUserCertificate":                      {cas.DeleteUserCertificateRequest{}, cas.DeleteUserCertificateResponse{}},
	"CreateUser":                                 {ram.CreateUserRequest{}, ram.CreateUserResponse{}},
	"GetUser":                                    {ram.GetUserRequest{}, ram.GetUserResponse{}},
	"ListUsers":                                  {ram.ListUsersRequest{}, ram.ListUsersResponse{}},
	"DeleteUser":                                 {ram.DeleteUserRequest{}, ram.DeleteUserResponse{}},
	"CreateAccessKey":                            {ram.CreateAccessKeyRequest{}, ram.CreateAccessKeyResponse{}},
	"ListAccessKeys":                             {ram.ListAccessKeysRequest{}, ram.ListAccessKeysResponse{}},
	"UpdateAccessKey":                            {ram.UpdateAccessKeyRequest{}, ram.UpdateAccessKeyResponse{}},
	"DeleteAccessKey":                            {ram.DeleteAccessKeyRequest{}, ram.DeleteAccessKeyResponse{}},
	"CreatePolicy":                               {ram.CreatePolicyRequest{}, ram.CreatePolicyResponse{}},
	"GetPolicy":                                  {ram.GetPolicyRequest{}, ram.GetPolicyResponse{}},
	"ListPolicies":                               {ram.ListPoliciesRequest{}, ram.ListPoliciesResponse{}},
	"UpdatePolicyDescription":                    {ram.UpdatePolicyDescriptionRequest{}, ram.UpdatePolicyDescriptionResponse{}},
	"ListEntitiesForPolicy":                      {ram.ListEntitiesForPolicyRequest{}, ram.ListEntitiesForPolicyResponse{}},
	"UnbindMFADevice":                            {ram.UnbindMFADeviceRequest{}, ram.UnbindMFADeviceResponse{}},
	"DeletePolicy":                               {ram.DeletePolicyRequest{}, ram.DeletePolicyResponse{}},
	"AttachPolicyToUser":                         {ram.AttachPolicyToUserRequest{}, ram.AttachPolicyToUserResponse{}},
	"DetachPolicyFromUser":                       {ram.DetachPolicyFromUserRequest{}, ram.DetachPolicyFromUserResponse{}},
	"ListPoliciesForUser":                        {ram.ListPoliciesForUserRequest{}, ram.ListPoliciesForUserResponse{}},
	"UpdateUser":                                 {ram.UpdateUserRequest{}, ram.UpdateUserResponse{}},
	"CreatePolicyVersion":                        {ram.CreatePolicyVersionRequest{}, ram.CreatePolicyVersionResponse{}},
	"GetPolicyVersion":                           {ram.GetPolicyVersionRequest{}, ram.GetPolicyVersionResponse{}},
	"ListPolicyVersions":                         {ram.ListPolicyVersionsRequest{}, ram.ListPolicyVersionsResponse{}},
	"SetDefaultPolicyVersion":                    {ram.SetDefaultPolicyVersionRequest{}, ram.SetDefaultPolicyVersionResponse{}},
	"DeletePolicyVersion":                        {ram.DeletePolicyVersionRequest{}, ram.DeletePolicyVersionResponse{}},
	"CreateGroup":                                {ram.CreateGroupRequest{}, ram.CreateGroupResponse{}},
	"GetGroup":                                   {ram.GetGroupRequest{}, ram.GetGroupResponse{}},
	"ListGroups":                                 {ram.ListGroupsRequest{}, ram.ListGroupsResponse{}},
	"UpdateGroup":                                {ram.UpdateGroupRequest{}, ram.UpdateGroupResponse{}},
	"DeleteGroup":                                {ram.DeleteGroupRequest{}, ram.DeleteGroupResponse{}},
	"AddUserToGroup":                             {ram.AddUserToGroupRequest{}, ram.AddUserToGroupResponse{}},
	"RemoveUserFromGroup":                        {ram.RemoveUserFromGroupRequest{}, ram.RemoveUserFromGroupResponse{}},
	"ListUsersForGroup":                          {ram.ListUsersForGroupRequest{}, ram.ListUsersForGroupResponse{}},
	"ListGroupsForUser":                          {ram.ListGroupsForUserRequest{}, ram.ListGroupsForUserResponse{}},
	"AttachPolicyToGroup":                        {ram.AttachPolicyToGroupRequest{}, ram.AttachPolicyToGroupResponse{}},
	"DetachPolicyFromGroup":                      {ram.DetachPolicyFromGroupRequest{}, ram.DetachPolicyFromGroupResponse{}},
	"ListPoliciesForGroup":                       {ram.ListPoliciesForGroupRequest{}, ram.ListPoliciesForGroupResponse{}},
	"CreateRole":                                 {ram.CreateRoleRequest{}, ram.CreateRoleResponse{}},
	"GetRole":                                    {ram.GetRoleRequest{}, ram.GetRoleResponse{}},
	"ListRoles":                                  {ram.ListRolesRequest{}, ram.ListRolesResponse{}},
	"UpdateRole":                                 {ram.UpdateRoleRequest{}, ram.UpdateRoleResponse{}},
	"DeleteRole":                                 {ram.DeleteRoleRequest{}, ram.DeleteRoleResponse{}},
	"AttachPolicyToRole":                         {ram.AttachPolicyToRoleRequest{}, ram.AttachPolicyToRoleResponse{}},
	"DetachPolicyFromRole":                       {ram.DetachPolicyFromRoleRequest{}, ram.DetachPolicyFromRoleResponse{}},
	"ListPoliciesForRole":                        {ram.ListPoliciesForRoleRequest{}, ram.ListPoliciesForRoleResponse{}},
	"AssumeRole":                                 {sts.AssumeRoleRequest{}, sts.AssumeRoleResponse{}},
	"GetCallerIdentity":                          {sts.GetCallerIdentityRequest{}, sts.GetCallerIdentityResponse{}},
}

// Parameters of the SDK that have no row: those that say what the operation
// says, and those of certificates for SM2, which are not served.
var ignored = []string{"Protocol", "SourceIp", "EncryptCert", "EncryptPrivateKey", "SignCert", "SignPrivateKey"}

// Fields that only some of the operations answer that share a type of the SDK:
// those of a policy attached to a user, say.
var shared = []string{"AttachDate", "AttachmentCount", "CreateDate", "JoinDate", "PolicyDocument", "Proto", "UpdateDate", "Vport"}

// Fields that the SDK decodes and that a proxy does not know.
var packets = []string{"InPkts", "OutPkts"}

// Fields that the SDK reads and an uploaded certificate does not have: they
// belong to bought ones.
var bought = []string{
	"AliyunOrderId", "BuyDate", "CertType", "Domain", "DomainCount", "DomainType", "OrderId", "PartnerOrderId",
	"ProductCode", "ProductName", "RootBrand", "SourceType", "TrusteeStatus", "WildDomainCount",
}

func TestParametersOfSDK(t *testing.T) {
	for name, theirs := range sdk {
		op := operation(t, name)
		rows := make(map[string]bool)
		for _, r := range op.New().Params() {
			rows[r.Name] = true
		}
		typ := reflect.TypeOf(theirs.request)
		for i := range typ.NumField() {
			param := typ.Field(i).Tag.Get("name")
			if param != "" && !rows[param] && !slices.Contains(ignored, param) {
				t.Errorf("%s: no row for %s", name, param)
			}
		}
	}
}

func TestFieldsOfSDK(t *testing.T) {
	for name, theirs := range sdk {
		ours := fields(reflect.TypeOf(operation(t, name).Out()))
		compareFields(t, name, reflect.TypeOf(theirs.response), ours)
	}
}

func operation(t *testing.T, name string) *Operation {
	t.Helper()
	for _, op := range Operations() {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// compareFields looks for every field that the SDK decodes among ours, with the
// same kind of value, down to the items of arrays.
func compareFields(t *testing.T, path string, theirs reflect.Type, ours map[string]reflect.Type) {
	for i := range theirs.NumField() {
		f := theirs.Field(i)
		name := f.Tag.Get("json")
		if name == "" || name == "RequestId" || slices.Contains(packets, name) || slices.Contains(bought, name) && strings.HasPrefix(path, "ListUserCertificateOrder") {
			continue
		}
		at := path + "." + name
		our, ok := ours[name]
		if !ok && strings.Contains(path, ".") && slices.Contains(shared, name) {
			continue
		}
		if !ok {
			t.Errorf("%s: not in our answer", at)
			continue
		}
		if kind(our) != kind(f.Type) {
			t.Errorf("%s: is a %s, want a %s", at, kind(our), kind(f.Type))
			continue
		}
		their := f.Type
		if their.Kind() == reflect.Slice {
			their, our = their.Elem(), our.Elem()
		}
		if their.Kind() == reflect.Struct {
			compareFields(t, at, their, fields(our))
		}
	}
}

// fields are those of an answer by their names on the wire.
func fields(typ reflect.Type) map[string]reflect.Type {
	all := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		all[name] = f.Type
	}
	return all
}

// kind is the kind of a value in JSON.
func kind(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.Int, reflect.Int64:
		return "number"
	case reflect.Slice:
		return "array"
	}
	return typ.Kind().String()
}
