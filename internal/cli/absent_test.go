package cli

import (
	"encoding/json"
	"slices"
	"testing"

	"elbow/internal/api"
)

// The fields of every operation's complete answer are among the names that --wait knows.
func TestAnswerFields(t *testing.T) {
	for _, op := range api.Operations() {
		text, err := json.Marshal(op.Out())
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatalf("%s: %v in %s", op.Name, err, text)
		}
		known := answerFields(op)
		for name := range fields {
			if !slices.Contains(known, name) {
				t.Errorf("%s answers %s, which is not among %v", op.Name, name, known)
			}
		}
		if op.Access == "get" && len(known) < 2 {
			t.Errorf("%s reads something and answers nothing: its answers would be taken for not found", op.Name)
		}
	}
}

func TestUnknownField(t *testing.T) {
	op, ok := api.Lookup(api.EnsVersion, "DescribeLoadBalancerAttribute")
	if !ok {
		t.Fatal("no operation")
	}
	for expression, known := range map[string]bool{
		"LoadBalancerStatus": true, "BackendServers[0].Weight": true, "EndTime": true, "RequestId": true, "Extra.a": true,
		"length(ListenerPorts)": true, "@": true, `"Status"`: true, // expressions that begin otherwise are not checked
		"Status": false, "loadBalancerStatus": false, "Backends[0]": false, "Status.x": false,
	} {
		err := unknownField(op, expression, []byte(`{"RequestId":"R","LoadBalancerStatus":"Active","Extra":{"a":1}}`))
		if (err == nil) != known {
			t.Errorf("%s: got %v, want known %v", expression, err, known)
		}
	}
}
