package control

const (
	// maxBackends bounds the pool of a load balancer. Each is probed for every
	// listener, and the pool is one document of some 130 bytes a backend.
	maxBackends = 500

	// maxEIPs bounds the EIPs of a load balancer: each is another socket of every
	// listener.
	maxEIPs = 20

	// maxRootKeys and maxUserKeys bound the access keys of the account and of one
	// user: two, as in RAM for users, are enough for a rotation.
	maxRootKeys = 5
	maxUserKeys = 2

	// What the account may have, as in RAM.
	maxUsers    = 5000
	maxGroups   = 300
	maxRoles    = 1000
	maxPolicies = 1500

	// maxUserGroups bounds the groups of one user, and maxGroupPolicies the policies of
	// one group: each call of the user reads and evaluates them all. A user with as
	// many of everything as there may be is renamed in one transaction (etcd's maxTxnOps).
	maxUserGroups    = 20
	maxGroupPolicies = 20
	maxRolePolicies  = 20

	// maxUserPolicies bounds the policies of one user: each call of the user
	// reads and evaluates them all.
	maxUserPolicies = 20

	// firstCertificateID is the id of the first certificate: seven digits, as
	// clients are used to.
	firstCertificateID = 1_000_001

	// expirySoon is the number of days before its end from which a certificate is reported
	// as about to expire.
	expirySoon = 30
)
