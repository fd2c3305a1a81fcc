package cli

import (
	"errors"
	"fmt"
	"strings"

	"elbow/internal/rpc"
)

// explain formats an error of the API for a terminal.
func explain(err error) error {
	e, ok := errors.AsType[*rpc.Error](err)
	if !ok {
		return err
	}
	text := fmt.Sprintf("%s: %s (RequestId %s)", e.Code, e.Message, e.RequestID)
	if e.Recommend != "" && !strings.HasPrefix(e.Recommend, "https://") { // a link that comes with every code is of no use
		text += "\n" + e.Recommend
	}
	return errors.New(text + denial(e))
}

// denial names the missing permission and the identity, if the error is a denied
// permission.
func denial(e *rpc.Error) string {
	detail, _ := e.AccessDeniedDetail.(map[string]any)
	action, _ := detail["AuthAction"].(string)
	user, _ := detail["AuthPrincipalDisplayName"].(string)
	switch {
	case action == "":
		return ""
	case detail["NoPermissionType"] == "ExplicitDeny":
		return "\na policy of the user " + user + " denies " + action
	}
	return "\nno policy of the user " + user + " allows " + action
}
