package profile

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseProfiles(t *testing.T) {
	for _, tt := range []struct {
		text string
		want map[string]Profile // nil for an error
		err  string
	}{
		{"", map[string]Profile{}, ""},
		{"# nothing\n\n", map[string]Profile{}, ""},
		{"access-key-id = a\naccess-key-secret=b", map[string]Profile{"default": {"access-key-id": "a", "access-key-secret": "b"}}, ""},
		{
			"[default]\nendpoint = http://a\n\n[ lab ]\nendpoint = http://b\n[default]\nca = c\n",
			map[string]Profile{"default": {"endpoint": "http://a", "ca": "c"}, "lab": {"endpoint": "http://b"}},
			"",
		},
		{"[lab]", map[string]Profile{"lab": {}}, ""},
		{"access-key-secret = a=b", map[string]Profile{"default": {"access-key-secret": "a=b"}}, ""},
		{"endpoint = a\r\n", map[string]Profile{"default": {"endpoint": "a"}}, ""},
		{"[lab", nil, "line 1: a section is written [name]"},
		{"[]", nil, "line 1: a section is written [name]"},
		{"\nendpoint", nil, "line 2: want one of endpoint, "},
		{"colour = red", nil, "line 1: want one of endpoint, "},
	} {
		got, err := Parse(strings.NewReader(tt.text))
		if tt.want == nil {
			if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
				t.Errorf("%q: got error %v, want %q", tt.text, err, tt.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %v, %v, want %v", tt.text, got, err, tt.want)
		}
	}
}

func FuzzParseProfiles(f *testing.F) {
	f.Add("[default]\nendpoint = http://a\naccess-key-id = b\n")
	f.Add("# x\n[a]\r\n[")
	f.Add("ca==\n")
	f.Fuzz(func(t *testing.T, text string) {
		profiles, err := Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for section, p := range profiles {
			if section == "" || strings.TrimSpace(section) != section {
				t.Errorf("%q: section %q", text, section)
			}
			for name, value := range p {
				if strings.ContainsAny(value, "\n") {
					t.Errorf("%q: %s has a line end in %q", text, name, value)
				}
			}
		}
	})
}
