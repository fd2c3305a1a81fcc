package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/answer"
	"elbow/internal/api"
)

// completionTime bounds a request while the user waits for a completion.
const completionTime = 2 * time.Second

// A lookUp completes a parameter with the IDs and names of the existing objects of a kind,
// each with its description.
type lookUp struct{ *api.Kind }

// complete proposes the values that the server has. If the server cannot be reached it
// proposes none: an error message would damage the line that is being typed.
func (l lookUp) complete(access *Access) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		found, err := l.find(cmd, access)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func (l lookUp) find(cmd *cobra.Command, access *Access) ([]string, error) {
	params := make(map[string]string)
	for _, e := range l.With {
		params[e.Name] = e.Value
	}
	if flag := cmd.Flag(l.Within); flag != nil && flag.Changed {
		params[l.Within] = flag.Value.String()
	}
	client, err := access.Client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	body, err := client.Call(ctx, l.Version, l.List, params)
	if err != nil {
		return nil, err
	}
	q, err := answer.ParseQuery(l.Pairs)
	if err != nil {
		return nil, err
	}
	return pairs(q, body)
}

// pairs returns the values and descriptions that q selects, in the form that shells read.
func pairs(q *answer.Query, body []byte) ([]string, error) {
	text, err := q.Search(body)
	if err != nil {
		return nil, err
	}
	var found [][2]json.RawMessage
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	proposals := make([]string, 0, len(found))
	for _, pair := range found {
		value, err := plainText(pair[0])
		if err != nil {
			return nil, err
		}
		if about, err := plainText(pair[1]); err == nil && about != "" && about != "null" {
			value = cobra.CompletionWithDesc(value, about)
		}
		proposals = append(proposals, value)
	}
	return proposals, nil
}
