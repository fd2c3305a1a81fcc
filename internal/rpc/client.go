package rpc

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Client calls a server. Its fields must not change after the first call; it
// may be used concurrently.
type Client struct {
	Endpoint    string // http://host:port or https://host:port; http if it has no scheme
	AccessKeyID string
	Secret      string
	Token       string       // SecurityToken of a temporary key; "" for others
	Algorithm   Algorithm    // default: V3
	HTTP        *http.Client // nil: a client on http.DefaultTransport that follows no redirects
}

// Call makes one call and returns the answer as sent. If the server refuses it,
// the error is an *Error. A call without a deadline ends after a minute.
func (c *Client) Call(ctx context.Context, version, action string, params map[string]string) ([]byte, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTimeout)
		defer cancel()
	}
	req, err := c.request(ctx, version, action, params, time.Now())
	if err != nil {
		return nil, err
	}
	client := c.HTTP
	if client == nil {
		// A signature is valid for one host: a redirect is an answer like any
		// other.
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	resp, err := client.Do(req)
	if err != nil {
		// The URL of a V1 call contains its signature, with which the call can be
		// repeated within the clock window.
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("call %s at %s: %w", action, c.Endpoint, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("answer of %s from %s: %w", action, c.Endpoint, err)
	}
	if resp.StatusCode/100 == 2 {
		return body, nil
	}
	return nil, decodeError(resp, body)
}

// request signs one call. The parameters are in the body: a certificate chain is
// longer than what proxies accept in a URL.
func (c *Client) request(ctx context.Context, version, action string, params map[string]string, now time.Time) (*http.Request, error) {
	endpoint := c.Endpoint
	if !strings.Contains(endpoint, "://") {
		endpoint = "http://" + endpoint
	}
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	body := []byte(form.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", c.Endpoint, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.Algorithm == V1 {
		c.signV1(req, version, action, params, now)
	} else {
		c.signV3(req, version, action, body, now)
	}
	return req, nil
}

func (c *Client) signV1(req *http.Request, version, action string, params map[string]string, now time.Time) {
	query := url.Values{}
	all := make(map[string]string, len(params)+8)
	for name, value := range map[string]string{
		"Action": action, "Version": version, "Format": "JSON", "AccessKeyId": c.AccessKeyID,
		"SignatureMethod": methodV1, "SignatureVersion": versionV1, "SignatureNonce": newNonce(),
		"Timestamp": now.UTC().Format(signedTime), "SecurityToken": c.Token,
	} {
		if name == "SecurityToken" && value == "" {
			continue
		}
		query.Set(name, value)
		all[name] = value
	}
	for name, value := range params {
		all[name] = value
	}
	query.Set("Signature", signV1(c.Secret, stringToSignV1(req.Method, all)))
	req.URL.RawQuery = query.Encode()
}

func (c *Client) signV3(req *http.Request, version, action string, body []byte, now time.Time) {
	hash := sha256.Sum256(body)
	req.Header.Set("Accept", "application/json")
	req.Header.Set(actionField, action)
	req.Header.Set(versionField, version)
	req.Header.Set(dateField, now.UTC().Format(signedTime))
	req.Header.Set(nonceField, newNonce())
	if c.Token != "" {
		req.Header.Set(tokenField, c.Token)
	}
	req.Header.Set(hashField, hex.EncodeToString(hash[:]))

	signed := []string{"content-type", "host"}
	for name := range req.Header {
		if strings.HasPrefix(name, "X-Acs-") {
			signed = append(signed, strings.ToLower(name))
		}
	}
	slices.Sort(signed)
	toSign := stringToSignV3(canonicalV3(req.Method, req.Host, req.Header, signed, "", hash))
	req.Header.Set("Authorization", methodV3+" Credential="+c.AccessKeyID+
		",SignedHeaders="+strings.Join(signed, ";")+",Signature="+signV3(c.Secret, toSign))
}

func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// decodeError decodes the answer to a failed call. An answer that is not of this
// protocol, such as that of a proxy in between, is quoted by its start.
func decodeError(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode}
	if err := json.Unmarshal(body, e); err != nil || e.Code == "" {
		const quoted = 200
		return &Error{
			Status: resp.StatusCode, Code: "Http" + strconv.Itoa(resp.StatusCode),
			Message: "The server answered " + strconv.Quote(string(body[:min(len(body), quoted)])) + ".",
		}
	}
	if ms, err := strconv.Atoi(resp.Header.Get("X-Acs-Retry-After")); err == nil {
		e.RetryAfter = time.Duration(ms) * time.Millisecond
	}
	return e
}
