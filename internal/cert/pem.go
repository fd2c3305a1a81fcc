package cert

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// blocks parses all PEM blocks of text. Lines between blocks are comments, as
// openssl writes them, unless they look like a block that was cut or mangled.
func blocks(text, what string) ([]*pem.Block, error) {
	var found []*pem.Block
	if len(text) > maxTextBytes {
		return nil, fmt.Errorf("the %s is %d bytes long, want at most %d", what, len(text), maxTextBytes)
	}
	text = strings.TrimPrefix(text, "\ufeff") // the byte order mark of some editors
	rest := []byte(text)
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		found = append(found, block)
		if len(found) > maxBlocks {
			return nil, fmt.Errorf("the %s has more than %d PEM blocks", what, maxBlocks)
		}
		rest = after
	}
	// The decoder skips what it cannot parse. Each begun block must have been
	// parsed, or a certificate would be dropped silently.
	if begun := strings.Count(text, "-----BEGIN"); begun != len(found) {
		return nil, fmt.Errorf("the %s has %d PEM blocks of which %d can be read: %s", what, begun, len(found), damage(text))
	}
	if len(found) == 0 {
		return nil, notPEM(text, what)
	}
	return found, nil
}

// damage says what may be wrong with a block that cannot be parsed.
func damage(text string) string {
	if strings.Contains(text, `\n`) {
		return `the line breaks are written as \n`
	}
	return "one is cut off or damaged"
}

// notPEM says what a text without any PEM block seems to be.
func notPEM(text, what string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("the %s is empty", what)
	case text[0] == 0x30: // an ASN.1 SEQUENCE
		return fmt.Errorf(`the %s is not PEM but looks like DER: convert it with "openssl x509 -inform der" or "openssl pkey -inform der"`, what)
	}
	return fmt.Errorf("the %s is not PEM: there is no line that begins with -----BEGIN", what)
}

// parseChain parses the certificates of text in their order.
func parseChain(text string) ([]*x509.Certificate, error) {
	found, err := blocks(text, "certificate")
	if err != nil {
		return nil, err
	}
	chain := make([]*x509.Certificate, 0, len(found))
	for _, block := range found {
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("the certificate has a block %q: %s", block.Type, misplaced(block.Type))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the chain cannot be read: %w", len(chain)+1, err)
		}
		chain = append(chain, c)
	}
	return chain, nil
}

// misplaced says what to do about a block that is no certificate.
func misplaced(kind string) string {
	switch {
	case kind == "DH PARAMETERS":
		return "remove it, DH parameters are not used"
	case strings.HasSuffix(kind, "PRIVATE KEY"):
		return "the private key is a parameter of its own"
	case strings.HasSuffix(kind, "CERTIFICATE REQUEST"):
		return "a signing request is not a certificate, send it to a certificate authority first"
	case kind == "TRUSTED CERTIFICATE":
		return `convert it with "openssl x509"`
	case kind == "PKCS7":
		return `convert it with "openssl pkcs7 -print_certs"`
	}
	return "only CERTIFICATE blocks belong there"
}

var errNoKey = errors.New("the private key has only EC PARAMETERS: the EC PRIVATE KEY block is missing")

// keyBlock returns the only key block of text.
func keyBlock(text string) (*pem.Block, error) {
	found, err := blocks(text, "private key")
	if err != nil {
		return nil, err
	}
	var key *pem.Block
	for _, block := range found {
		switch {
		case block.Type == "EC PARAMETERS": // openssl writes them before the key, which names its curve again
		case block.Type == "DH PARAMETERS":
			return nil, errors.New(`the private key has a block "DH PARAMETERS": remove it, DH parameters are not used`)
		case block.Type == "CERTIFICATE":
			return nil, errors.New("the private key has a certificate in it: the chain is a parameter of its own")
		case key != nil:
			return nil, errors.New("there is more than one private key")
		default:
			key = block
		}
	}
	if key == nil {
		return nil, errNoKey
	}
	return key, nil
}
