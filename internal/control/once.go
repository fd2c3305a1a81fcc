package control

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"elbow/internal/api"
	"elbow/internal/store"
)

// A once makes a call with a ClientToken take effect only one time. A nil once
// belongs to a call without a token.
type once struct {
	operation, token string
	params           string // fingerprint of the parameters
}

// onceOf returns the once of a call of operation with a token. The token is not
// one of the parameters.
func onceOf(operation, token string, params any) (*once, error) {
	if token == "" {
		return nil, nil
	}
	text, err := json.Marshal(params)
	sum := sha256.Sum256(text)
	return &once{operation, token, hex.EncodeToString(sum[:])}, err
}

// done reports whether the call has had its effect already, with the id of what
// it created then. Otherwise it records that the call creates id.
func (o *once) done(tx *store.Tx, id string) (created string, done bool, err error) {
	if o == nil {
		return "", false, nil
	}
	result, found := tx.Result(o.operation, o.token)
	switch {
	case found && result.Params != o.params:
		return "", false, api.ErrIdempotentMismatch.New()
	case found:
		return result.ID, true, nil
	}
	tx.PutResult(o.operation, o.token, store.Result{Params: o.params, ID: id})
	return "", false, nil
}
