package store

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"elbow/internal/elb"
)

// The key schema. Everything that the data plane needs is under one prefix, so
// that one list and one watch cover it. Names that a client chose are escaped, so
// that none can contain a slash.
//
//	/elbow/seal                                       see sealCheck
//	/elbow/account
//	/elbow/desired/loadbalancer/<id>
//	/elbow/desired/listener/<lb>/<port, 5 digits>/<protocol>
//	/elbow/desired/certificate/<id, 19 digits>
//	/elbow/desired/session-keys                             see elb.SessionKey
//	/elbow/status/<lb>/<port, 5 digits>/<protocol>/<node>   under a lease
//	/elbow/address/<vswitch>/<address, 32 hex digits>       its load balancer
//	/elbow/eip/<id>                                         see elb.EIP
//	/elbow/eip-address/<address, 32 hex digits>             its EIP
//	/elbow/certificate-name/<name>                          its certificate
//	/elbow/certificate-last                                 the last id given
//	/elbow/region/<id>
//	/elbow/network/<id>
//	/elbow/vswitch/<id>
//	/elbow/instance/<id>                                    see elb.Instance
//	/elbow/instance-range/<cidr>                            see elb.InstanceRange
//	/elbow/user/<name>
//	/elbow/accesskey/<id>
//	/elbow/policy/<name>                                    Custom ones
//	/elbow/attachment/<user>/<type>/<policy>
//	/elbow/group/<name>
//	/elbow/group-member/<group id>/<user>                   see elb.Membership
//	/elbow/group-attachment/<group id>/<type>/<policy>
//	/elbow/role/<name>
//	/elbow/role-attachment/<role>/<type>/<policy>
//	/elbow/login/<user>                                     how the user signs in
//	/elbow/token/<operation>/<token>                        under a lease
const (
	root    = "/elbow/"
	sealKey = root + "seal"

	accountKey = root + "account"

	desiredPrefix      = root + "desired/"
	loadBalancerPrefix = desiredPrefix + "loadbalancer/"
	listenerPrefix     = desiredPrefix + "listener/"
	certificatePrefix  = desiredPrefix + "certificate/"
	sessionKeysKey     = desiredPrefix + "session-keys"

	statusPrefix          = root + "status/"
	addressPrefix         = root + "address/"
	certificateNamePrefix = root + "certificate-name/"
	certificateLastKey    = root + "certificate-last"

	eipPrefix        = root + "eip/"
	eipAddressPrefix = root + "eip-address/"

	regionPrefix  = root + "region/"
	networkPrefix = root + "network/"
	vSwitchPrefix = root + "vswitch/"

	instancePrefix      = root + "instance/"
	instanceRangePrefix = root + "instance-range/"

	userPrefix       = root + "user/"
	accessKeyPrefix  = root + "accesskey/"
	policyPrefix     = root + "policy/"
	attachmentPrefix = root + "attachment/"
	loginPrefix      = root + "login/"

	groupPrefix           = root + "group/"
	memberPrefix          = root + "group-member/"
	groupAttachmentPrefix = root + "group-attachment/"
	rolePrefix            = root + "role/"
	roleAttachmentPrefix  = root + "role-attachment/"

	tokenPrefix = root + "token/"
)

// under joins a prefix and escaped names.
func under(prefix string, names ...string) string {
	for i, name := range names {
		if i > 0 {
			prefix += "/"
		}
		prefix += url.PathEscape(name)
	}
	return prefix
}

func listenerKey(k elb.ListenerKey) string {
	return listenersOf(k.LoadBalancerID) + port(k)
}

// listenersOf is the prefix of the listeners of one load balancer.
func listenersOf(loadBalancerID string) string {
	return under(listenerPrefix, loadBalancerID) + "/"
}

// port is the end of a listener's key, sorted by number: 00443/https.
func port(k elb.ListenerKey) string {
	return fmt.Sprintf("%05d/%s", k.Port, k.Protocol)
}

// listenerKeyOf parses the end of a key that names a listener: lb/00443/https.
func listenerKeyOf(text string) (k elb.ListenerKey, ok bool) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return k, false
	}
	number, err := strconv.Atoi(parts[1])
	return elb.ListenerKey{LoadBalancerID: unescaped(parts[0]), Port: number, Protocol: elb.Protocol(parts[2])}, err == nil
}

// unescaped undoes the escaping of under.
func unescaped(name string) string {
	plain, err := url.PathUnescape(name)
	if err != nil {
		return name // under never writes such a name
	}
	return plain
}

func statusKey(k elb.ListenerKey, node string) string {
	return statusesOf(k.LoadBalancerID) + port(k) + "/" + url.PathEscape(node)
}

// toldBy reports whether the key is that of a status reported by the node.
func toldBy(statusKey, node string) bool {
	return strings.HasSuffix(statusKey, "/"+url.PathEscape(node))
}

// statusesOf is the prefix of the statuses that nodes report of one load
// balancer.
func statusesOf(loadBalancerID string) string {
	return under(statusPrefix, loadBalancerID) + "/"
}

func certificateKey(id int64) string {
	return fmt.Sprintf("%s%019d", certificatePrefix, id)
}

func addressKey(vSwitchID string, address netip.Addr) string {
	return addressesOf(vSwitchID) + hexOf(address)
}

func eipAddressKey(address netip.Addr) string { return eipAddressPrefix + hexOf(address) }

// hexOf is an address as hexadecimal digits, which sort like addresses.
func hexOf(address netip.Addr) string {
	b := address.As16()
	return hex.EncodeToString(b[:])
}

// addressesOf is the prefix of the taken addresses of one vSwitch, which sort
// like addresses.
func addressesOf(vSwitchID string) string {
	return under(addressPrefix, vSwitchID) + "/"
}

// addressOf is the address of an addressKey.
func addressOf(key string) (netip.Addr, error) {
	b, err := hex.DecodeString(key[strings.LastIndexByte(key, '/')+1:])
	if err != nil || len(b) != 16 {
		return netip.Addr{}, fmt.Errorf("key %s: not an address", key)
	}
	return netip.AddrFrom16([16]byte(b)).Unmap(), nil
}
