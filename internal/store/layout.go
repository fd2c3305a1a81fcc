package store

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A layout decodes the documents under a prefix, whatever their type.
type layout struct {
	prefix string

	// open returns a document as text with its secrets decrypted.
	open func(s *sealer, key, value string) (string, error)

	// reseal returns a document with its secrets encrypted by to.
	reseal func(from, to *sealer, key, value string) (string, error)
}

// layouts are those of all documents that outlive a process.
var layouts = []layout{
	layoutOf(sealKey, sealChecks),
	layoutOf(accountKey, accounts),
	layoutOf(loadBalancerPrefix, loadBalancers),
	layoutOf(listenerPrefix, listeners),
	layoutOf(certificatePrefix, certificates),
	layoutOf(sessionKeysKey, sessionKeys),
	layoutOf(certificateNamePrefix, numbers),
	layoutOf(certificateLastKey, numbers),
	layoutOf(regionPrefix, regions),
	layoutOf(networkPrefix, networks),
	layoutOf(vSwitchPrefix, vSwitches),
	layoutOf(eipPrefix, eips),
	layoutOf(eipAddressPrefix, eipAddresses),
	layoutOf(instancePrefix, instances),
	layoutOf(instanceRangePrefix, instanceRanges),
	layoutOf(userPrefix, users),
	layoutOf(accessKeyPrefix, accessKeys),
	layoutOf(policyPrefix, policies),
	layoutOf(attachmentPrefix, attachments),
	layoutOf(loginPrefix, logins),
	layoutOf(groupPrefix, groups),
	layoutOf(memberPrefix, members),
	layoutOf(groupAttachmentPrefix, attachments),
	layoutOf(rolePrefix, roles),
	layoutOf(roleAttachmentPrefix, attachments),
	{ // the name of the owner of the address
		prefix: addressPrefix,
		open:   func(_ *sealer, _, value string) (string, error) { return value, nil },
		reseal: func(_, _ *sealer, _, value string) (string, error) { return value, nil },
	},
}

func layoutOf[T any](prefix string, k kind[T]) layout {
	return layout{
		prefix: prefix,
		open: func(s *sealer, key, value string) (string, error) {
			v, err := decode(s, k, key, []byte(value))
			if err != nil {
				return "", err
			}
			text, err := json.Marshal(v)
			return string(text), err
		},
		reseal: func(from, to *sealer, key, value string) (string, error) {
			v, err := decode(from, k, key, []byte(value))
			if err != nil {
				return "", err
			}
			return encode(to, k, key, v)
		},
	}
}

// has reports whether a document, encrypted by s, equals plain. One that cannot
// be decoded does not.
func (f layout) has(s *sealer, key, value, plain string) bool {
	text, err := f.open(s, key, value)
	return err == nil && text == plain
}

// layoutFor returns the layout of a document.
func layoutFor(key string) (layout, error) {
	for _, f := range layouts {
		if strings.HasPrefix(key, f.prefix) {
			return f, nil
		}
	}
	return layout{}, fmt.Errorf("%s: no document of this version of elbow has such a key", key)
}
