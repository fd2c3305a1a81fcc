package answer

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmespath/go-jmespath"
)

// A Query is a JMESPath expression (jmespath.org).
type Query struct{ compiled *jmespath.JMESPath }

// ParseQuery compiles an expression. Its error shows the position of the mistake.
func ParseQuery(text string) (*Query, error) {
	compiled, err := jmespath.Compile(text)
	if e, ok := errors.AsType[jmespath.SyntaxError](err); ok {
		return nil, fmt.Errorf("%w\n%s", err, e.HighlightLocation())
	}
	if err != nil {
		return nil, err
	}
	return &Query{compiled}, nil
}

// Search returns the result of the query on body, both as JSON texts: null if it
// matches nothing.
func (q *Query) Search(body []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	found, err := q.compiled.Search(v)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return json.Marshal(found)
}
