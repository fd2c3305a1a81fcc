package answer

import (
	"strings"
	"testing"
)

const list = `{"RequestId":"R","LoadBalancers":{"LoadBalancer":[` +
	`{"LoadBalancerId":"lb-1","Name":"shop","Weight":100},` +
	`{"LoadBalancerId":"lb-2","Name":"","Tags":["a","b"]}]},"TotalCount":2}`

func TestPrint(t *testing.T) {
	for _, tt := range []struct {
		what, body, query string
		format            Format
		want              string
	}{
		{"JSON keeps the order of the answer", `{"b":1,"a":"x"}`, "", JSON, "{\n  \"b\": 1,\n  \"a\": \"x\"\n}\n"},
		{"YAML too", `{"b":1,"a":[]}`, "", YAML, "b: 1\na: []\n"},
		{"YAML of texts that look like something else", `["1","true","null","a: b","","1e3"]`, "", YAML, "- \"1\"\n- \"true\"\n- \"null\"\n- \"a: b\"\n- \"\"\n- \"1e3\"\n"},
		{"YAML of texts that only YAML 1.1 takes for something else", `{"HealthCheck":"on","y":"off","a":["~","1_000","12:30:45","2026-11-30","0o17","x"]}`, "", YAML, "HealthCheck: \"on\"\n\"y\": \"off\"\na:\n  - \"~\"\n  - \"1_000\"\n  - \"12:30:45\"\n  - \"2026-11-30\"\n  - \"0o17\"\n  - x\n"},
		{"YAML of numbers that YAML 1.1 takes for texts", `[1e3,1e+21,-2.5E-7,0.1]`, "", YAML, "- 1.0e+3\n- 1.0e+21\n- -2.5e-7\n- 0.1\n"},
		{"YAML of all types", `{"f":1.5,"t":true,"z":null,"o":{}}`, "", YAML, "f: 1.5\nt: true\nz: null\no: {}\n"},
		{
			"a table of a list", list, "", Table,
			"TotalCount  2\n\nLoadBalancers\nLoadBalancerId  Name  Weight  Tags\nlb-1            shop  100     -\nlb-2            -     -       a, b\n",
		},
		{"a query", list, "LoadBalancers.LoadBalancer[].LoadBalancerId", JSON, "[\n  \"lb-1\",\n  \"lb-2\"\n]\n"},
		{"a table of values", list, "LoadBalancers.LoadBalancer[].LoadBalancerId", Table, "lb-1\nlb-2\n"},
		{"a table of rows", list, "LoadBalancers.LoadBalancer[].[LoadBalancerId,Name]", Table, "lb-1  shop\nlb-2  -\n"},
		{"a table of one value", list, "TotalCount", Table, "2\n"},
		{"a table of nothing", list, "LoadBalancers.LoadBalancer[?Name=='x']", Table, "(none)\n"},
		{"what is not there is null", list, "Nothing", JSON, "null\n"},
		{"a terminal is left alone", `{"a":"\u001b[2J\n"}`, "", Table, `a  \x1b[2J\n` + "\n"},
		{"an object within", `{"a":{"b":1,"c":[2,3]}}`, "", Table, "a  b=1 c=2, 3\n"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			var q *Query
			if tt.query != "" {
				var err error
				if q, err = ParseQuery(tt.query); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			if err := Print(&out, []byte(tt.body), tt.format, q); err != nil {
				t.Fatal(err)
			}
			if out.String() != tt.want {
				t.Errorf("got\n%s\nwant\n%s", out.String(), tt.want)
			}
		})
	}
}

// An answer that was cut off anywhere is an error in every format, with and
// without a query, never a shorter answer.
func TestPrintCutOff(t *testing.T) {
	q, err := ParseQuery("TotalCount")
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(list) {
		for _, f := range Formats {
			for _, query := range []*Query{nil, q} {
				if err := Print(new(strings.Builder), []byte(list[:n]), Format(f), query); err == nil {
					t.Errorf("%s: accepted the first %d bytes: %q", f, n, list[:n])
				}
			}
		}
	}
	if err := Print(new(strings.Builder), []byte(list+"{}"), JSON, nil); err == nil {
		t.Error("accepted what follows the end")
	}
}

func TestParseQueryShowsTheMistake(t *testing.T) {
	for _, text := range []string{"a[", "a..b", "[?a==1", "'"} {
		_, err := ParseQuery(text)
		if err == nil || !strings.Contains(err.Error(), "^") {
			t.Errorf("%q: got %v, want an error that points at the mistake", text, err)
		}
	}
}

func FuzzPrint(f *testing.F) {
	f.Add([]byte(list), "LoadBalancers.LoadBalancer[].Name")
	f.Add([]byte(`[[1],{"a":null}]`), "[0]")
	f.Fuzz(func(t *testing.T, body []byte, query string) {
		q, err := ParseQuery(query)
		if err != nil {
			q = nil
		}
		for _, format := range Formats {
			var out strings.Builder
			if Print(&out, body, Format(format), q) != nil || format != string(Table) {
				continue
			}
			if i := strings.IndexFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
				t.Errorf("a control character at %d of %q", i, out.String())
			}
		}
	})
}
