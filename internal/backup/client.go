package backup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"

	"elbow/internal/handover"
)

// overBackupSocket sends a request to the node that runs on a data directory.
func overBackupSocket(ctx context.Context, dir, method, what string, body []byte) (*http.Response, error) {
	path := filepath.Join(dir, backupSocket)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (c net.Conn, err error) {
		err = handover.InDirectory(path, func(name string) (err error) {
			c, err = new(net.Dialer).DialContext(ctx, "unix", name)
			return err
		})
		return c, err
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://node/"+what, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}

// refusal is the error for an answer that is not a success.
func refusal(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // only for the error message
	return fmt.Errorf("the node answers: %s", text)
}
