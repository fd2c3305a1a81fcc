package cert

const (
	// maxTextBytes bounds a chain and a key in PEM. Ten certificates of 4 KiB
	// fit; without a bound one upload could keep a core busy with the arithmetic
	// of an absurd modulus.
	maxTextBytes = 64 << 10

	// maxBlocks bounds a chain: public ones have two to four certificates.
	maxBlocks = 10

	// minRSABits is the shortest RSA key that crypto/tls signs with and that
	// the public documents of the service name.
	minRSABits = 1024

	// maxRSABits is the longest RSA key that clients written in Go accept.
	maxRSABits = 8192
)
