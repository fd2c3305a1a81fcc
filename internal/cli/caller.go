package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"elbow/internal/manifest"
	"elbow/internal/rpc"
)

// Caller makes calls with client, and retries a call that was throttled: a large file
// takes more calls than an account may make in a second.
func Caller(client *rpc.Client) manifest.Caller {
	return func(ctx context.Context, version, action string, params map[string]string) ([]byte, error) {
		for {
			body, err := client.Call(ctx, version, action, params)
			e, refused := errors.AsType[*rpc.Error](err)
			if !refused {
				return body, err
			}
			if !strings.HasPrefix(e.Code, "Throttling") {
				return nil, explain(err)
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(max(e.RetryAfter, waitPause)):
			}
		}
	}
}
