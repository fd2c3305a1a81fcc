package store

import (
	"encoding/json"
	"errors"
	"strings"
)

// VerifyDocument checks a value of etcd's database against its checksum; leased
// says that it has a lease. It is for the start: later writes come from a live
// process, which writes them completely.
func VerifyDocument(name, value []byte, leased bool) error {
	key := string(name)
	if !strings.HasPrefix(key, root) || strings.HasPrefix(key, statusPrefix) || strings.HasPrefix(key, tokenPrefix) {
		return nil // not ours; or it ends with its process, or soon
	}
	if leased {
		return errors.New("it would end with a process")
	}
	if strings.HasPrefix(key, addressPrefix) {
		_, err := addressOf(key)
		return err
	}
	var d document[json.RawMessage]
	err := json.Unmarshal(value, &d)
	if err == nil && d.Sum != 0 && d.Sum != sumOf(key, d.D) {
		err = errors.New("its checksum does not match")
	}
	if _, unknown := layoutFor(key); unknown != nil && (err != nil || d.Sum == 0) {
		return unknown // a valid checksum: a newer version wrote it
	}
	return err
}
