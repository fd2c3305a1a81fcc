package console

import (
	"archive/zip"
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
	"elbow/internal/snippet"
)

// The list has every operation, and can be searched by words.
func TestExplorerList(t *testing.T) {
	b := newSite(t).signIn(t, "root-key")
	all := b.get("explorer")
	for _, op := range api.Operations() {
		all.want(t, http.StatusOK, `href="/console/explorer/`+op.Name+`"`)
	}
	found := b.get("explorer?q=healthcheckuri+create")
	found.want(t, http.StatusOK, "CreateLoadBalancerHTTPSListener")
	if strings.Contains(found.text, "explorer/CreateUser\"") {
		t.Error("an operation without the words is found")
	}
	b.get("explorer?q=no-such-thing").want(t, http.StatusOK, "No operation has that.")
	b.get("explorer/NoSuchThing").want(t, http.StatusNotFound)
}

// Every operation has a page with its parameters, its errors and its code.
func TestExplorerPages(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	for _, op := range api.Operations() {
		page := b.get("explorer/" + op.Name)
		for _, row := range op.New().Params() {
			page.want(t, http.StatusOK, `name="`+row.Name+`"`, html.EscapeString(row.Var.Shape().String()))
		}
		for _, row := range errorRows(op.Errors) {
			page.want(t, http.StatusOK, row.Code)
		}
		for _, l := range snippet.Languages {
			page.want(t, http.StatusOK, `data-language="`+l.ID+`"`)
		}
		page.want(t, http.StatusOK, strings.TrimPrefix(s.URL, "http://"))
		filled := b.post("explorer/"+op.Name, "fill", "1")
		for _, e := range op.Example {
			if !strings.HasPrefix(e.Value, "-----BEGIN") && !operationRow(op, e.Name).Secret {
				filled.want(t, http.StatusOK, html.EscapeString(e.Value))
			}
		}
	}
}

func operationRow(op *api.Operation, name string) api.Param {
	for _, row := range op.New().Params() {
		if row.Name == name {
			return row
		}
	}
	return api.Param{}
}

// A call is made as the signed-in person, and shown with its answer.
func TestExplorerRun(t *testing.T) {
	s := newSite(t)
	s.with(func() { s.answers["DescribeNetworks"] = api.DescribeNetworksOutput{} })
	b := s.signIn(t, "alice")
	b.get("explorer/DescribeNetworks")
	ran := b.post("explorer/DescribeNetworks/run", "EnsRegionIds", "one\r\ntwo", "language", "curl")
	ran.want(t, http.StatusOK, "RID", "x-acs-action: DescribeNetworks", "EnsRegionIds.2=two", "&#34;RequestId&#34;: &#34;RID&#34;", `id="language-curl" checked`)
	if !s.called("alice DescribeNetworks EnsRegionIds.1=one EnsRegionIds.2=two") {
		t.Errorf("the calls were %q", s.calls)
	}
	b.post("explorer/CreateUser/run", "UserName", "x").want(t, http.StatusOK, "NoPermission", "Permission denied.")
	b.token = "forged"
	if got := b.post("explorer/DescribeNetworks/run"); got.StatusCode != http.StatusForbidden {
		t.Errorf("without the token of its form: status %d", got.StatusCode)
	}
}

// An error of the API is shown beside its field, with and without htmx.
func TestExplorerFieldErrors(t *testing.T) {
	s := newSite(t)
	s.with(func() {
		s.answers["DescribeLoadBalancers"] = &rpc.Error{Status: 400, Code: "InvalidPageSize", Message: "The specified parameter PageSize is invalid.", Recommend: "PageSize must be from 1 to 100"}
	})
	b := s.signIn(t, "root-key")
	b.get("explorer/DescribeLoadBalancers")
	const beside = `id="e-PageSize">The specified parameter PageSize is invalid. PageSize must be from 1 to 100.</p>`
	b.post("explorer/DescribeLoadBalancers/run", "PageSize", "0").want(t, http.StatusOK, beside, `aria-invalid="true"`)
	r := b.request("POST", "explorer/DescribeLoadBalancers/run", map[string][]string{tokenField: {b.token}, "PageSize": {"0"}})
	r.Header.Set("Hx-Request", "true")
	part := b.do(r)
	part.want(t, http.StatusOK, `<p class="error" id="e-PageSize" hx-swap-oob="true">The specified`)
	if strings.Contains(part.text, "<html") {
		t.Error("htmx got a whole page")
	}
}

// A private key and a password are sent to the API only: they appear neither in the page,
// nor in the request that is shown, the code or a project.
func TestExplorerSecrets(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	const key, password = "not even PEM but secret", "hunter-two-three"
	for _, tt := range []struct{ action, field, secret string }{
		{"UploadUserCertificate", "Key", key}, {"CreateLoginProfile", "Password", password}, {"ChangePassword", "NewPassword", password},
	} {
		b.get("explorer/" + tt.action)
		for _, page := range []string{"", "/run"} {
			if got := b.post("explorer/"+tt.action+page, tt.field, tt.secret); got.StatusCode != http.StatusOK || strings.Contains(got.text, tt.secret) {
				t.Errorf("%s%s: status %d, or the secret is in the page", tt.action, page, got.StatusCode)
			}
		}
		if !s.called("" + tt.action + " " + tt.field + "=" + tt.secret) {
			t.Errorf("%s: the API did not get it: %q", tt.action, s.calls)
		}
		for _, l := range snippet.Languages {
			for name, text := range b.project(tt.action, "language", l.ID, tt.field, tt.secret) {
				if strings.Contains(text, tt.secret) {
					t.Errorf("%s in %s: the secret is in %s", tt.action, l.ID, name)
				}
			}
		}
	}
}

// project downloads and opens a project.
func (b *browser) project(action string, pairs ...string) map[string]string {
	b.Helper()
	b.get("explorer/" + action)
	got := b.post("explorer/"+action+"/project", pairs...)
	archive, err := zip.NewReader(strings.NewReader(got.text), int64(len(got.text)))
	if err != nil {
		b.Fatalf("%v: %d %s", err, got.StatusCode, got.text)
	}
	files := make(map[string]string)
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			b.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			b.Fatal(err)
		}
		_, name, _ := strings.Cut(f.Name, "/")
		files[name] = string(text)
	}
	return files
}

// A project contains the program, its build files, and instructions.
func TestExplorerProject(t *testing.T) {
	b := newSite(t).signIn(t, "root-key")
	for _, l := range snippet.Languages {
		files := b.project("UploadUserCertificate", "language", l.ID, "Name", "shop", "Cert", "-----BEGIN CERTIFICATE-----\nx", "Key", "-----BEGIN PRIVATE KEY-----\nx")
		if !strings.Contains(files[l.File], "shop") || !strings.Contains(files["README.md"], l.Run) {
			t.Errorf("%s: got %v", l.ID, files)
		}
		for name := range l.Project(snippet.Call{}) {
			if files[name] == "" {
				t.Errorf("%s: without %s", l.ID, name)
			}
		}
		for _, name := range []string{"cert.pem", "key.pem"} {
			if text := files[name]; text == "" || strings.Contains(text, "BEGIN") {
				t.Errorf("%s: %s is %q, want a placeholder", l.ID, name, text)
			}
		}
	}
	if got := b.post("explorer/CreateUser/project", "language", "../../x"); got.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown language: status %d", got.StatusCode)
	}
}

// The command lines have each item of a list, in the form that the command takes.
func TestExplorerLists(t *testing.T) {
	b := newSite(t).signIn(t, "root-key")
	for language, want := range map[string][]string{
		"elbow":  {"--ResourceId n-1 ", "--ResourceId n-2 ", "--Tag owner=edge ", "--Tag empty\n"},
		"aliyun": {"--ResourceId.1 n-1 ", "--ResourceId.2 n-2 ", "--Tag.1.Key owner ", "--Tag.1.Value edge ", "--Tag.2.Key empty\n"},
		"curl":   {"&ResourceId.1=n-1&ResourceId.2=n-2&Tag.1.Key=owner&Tag.1.Value=edge&Tag.2.Key=empty\""},
	} {
		files := b.project("TagResources", "language", language, "ResourceType", "network", "ResourceId", "n-1\r\nn-2", "Tag", "owner=edge\r\nempty")
		for _, text := range want {
			if !strings.Contains(files["call.sh"], text) {
				t.Errorf("%s: no %q in\n%s", language, text, files["call.sh"])
			}
		}
	}
}

// A chosen file is used as the value, also without scripts.
func TestExplorerFile(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	b.get("explorer/UploadUserCertificate")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField(tokenField, b.token) // a buffer takes everything
	_ = form.WriteField("Name", "shop")
	file, err := form.CreateFormFile("CertFile", "cert.pem")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, "the certificate")
	_ = form.Close()
	r, err := http.NewRequest("POST", s.URL+Path+"explorer/UploadUserCertificate/run", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	b.do(r).want(t, http.StatusOK)
	if !s.called("UploadUserCertificate Cert=the certificate Name=shop") {
		t.Errorf("the calls were %q", s.calls)
	}
}

// Values, queries and file names are escaped.
func TestExplorerHostileValues(t *testing.T) {
	b := newSite(t).signIn(t, "root-key")
	b.get("explorer/CreateUser")
	for _, hostile := range []string{
		`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'"></textarea></code></pre><b>`, "\x00\xff<svg onload=x>", `${x} {{.}} <?php ?>`,
	} {
		for _, page := range []string{"explorer/CreateUser", "explorer/CreateUser/run", "explorer/CreatePolicy/run"} {
			got := b.post(page, "UserName", hostile, "Comments", hostile, "PolicyDocument", hostile, "language", hostile)
			for _, markup := range []string{"<script>alert", "<img src=x", "</pre><b>", "<svg onload"} {
				if strings.Contains(got.text, markup) {
					t.Errorf("%s: %q is markup", page, markup)
				}
			}
			if got.StatusCode != http.StatusOK {
				t.Errorf("%s with %q: status %d", page, hostile, got.StatusCode)
			}
		}
		r := b.request("GET", "explorer", nil)
		r.URL.RawQuery = "q=" + strings.NewReplacer(" ", "+", "\x00", "", "\xff", "", "%", "").Replace(hostile)
		if got := b.do(r); strings.Contains(got.text, "<script>alert") || strings.Contains(got.text, "<img src=x") {
			t.Errorf("the query %q is markup", hostile)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for host, want := range map[string]string{"127.0.0.1:8095": "127.0.0.1:8095", "[::1]:80": "[::1]:80", "elbow.test": "elbow.test", "$(id)": "localhost", "a'b": "localhost"} {
		if got := endpoint(&http.Request{Host: host}); got != want {
			t.Errorf("%q: got %q, want %q", host, got, want)
		}
	}
}
