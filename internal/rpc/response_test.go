package rpc

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

type listener struct {
	Port     string
	Weight   int
	Optional *int
	Running  bool
}

func TestEncodeAnswer(t *testing.T) {
	type out struct {
		Name      string
		Ports     []string
		Listeners struct{ Listener []listener }
		Empty     struct{ Item []string }
	}
	full := out{Name: "a<b&\"c\x01", Ports: []string{"80", "443"}}
	full.Listeners.Listener = []listener{{Port: "80", Weight: 1}, {Port: "443", Running: true}}
	for _, tt := range []struct {
		format Format
		out    any
		want   string
	}{
		{JSON, nil, `{"RequestId":"ID"}`},
		{JSON, struct{}{}, `{"RequestId":"ID"}`},
		{JSON, map[string]int{"Code": 0}, `{"RequestId":"ID","Code":0}`},
		{JSON, struct{ Message string }{"<&>"}, `{"RequestId":"ID","Message":"<&>"}`},
		{XML, nil, "<AResponse><RequestId>ID</RequestId></AResponse>"},
		{XML, full, "<AResponse><RequestId>ID</RequestId><Name>a&lt;b&amp;&#34;c\uFFFD</Name><Ports>80</Ports><Ports>443</Ports>" +
			"<Listeners><Listener><Port>80</Port><Weight>1</Weight><Running>false</Running></Listener>" +
			"<Listener><Port>443</Port><Weight>0</Weight><Running>true</Running></Listener></Listeners>" +
			"<Empty></Empty></AResponse>"},
	} {
		got, err := EncodeAnswer(tt.format, "A", "ID", tt.out)
		if err != nil {
			t.Fatal(err)
		}
		want := tt.want
		if tt.format == XML {
			want = xml.Header + want
			wellFormed(t, got)
		}
		if string(got) != want {
			t.Errorf("%+v:\ngot  %s\nwant %s", tt.out, got, want)
		}
	}
}

func TestEncodeAnswerNotAnObject(t *testing.T) {
	for _, out := range []any{1, []string{"a"}, "text", make(chan int)} {
		if got, err := EncodeAnswer(JSON, "A", "ID", out); err == nil {
			t.Errorf("%T encoded as %s", out, got)
		}
	}
}

func TestEncodeError(t *testing.T) {
	e := &Error{
		Status: 400, RequestID: "ID", HostID: "h", Code: "C", Message: "M & N", Recommend: "R",
		AccessDeniedDetail: struct{ AuthAction string }{"ens:X"}, RetryAfter: 1,
	}
	for format, want := range map[Format]string{
		JSON: `{"RequestId":"ID","HostId":"h","Code":"C","Message":"M & N","Recommend":"R","AccessDeniedDetail":{"AuthAction":"ens:X"}}`,
		XML: xml.Header + "<Error><RequestId>ID</RequestId><HostId>h</HostId><Code>C</Code><Message>M &amp; N</Message>" +
			"<Recommend>R</Recommend><AccessDeniedDetail><AuthAction>ens:X</AuthAction></AccessDeniedDetail></Error>",
	} {
		if got, err := EncodeError(format, e); err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
}

func wellFormed(t *testing.T, doc []byte) {
	t.Helper()
	for dec := xml.NewDecoder(strings.NewReader(string(doc))); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
	}
}
