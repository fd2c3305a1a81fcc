// Package snippet writes an API call as source code: in the languages of the
// official SDKs and as command lines, each complete with endpoint and imports.
// Access keys are read from the environment and never written into the code. It
// makes no calls. Start reading at Languages.
package snippet

import "strings"

// A Call is the call to write.
type Call struct {
	Product string // Ens, cas, Ram, Sts
	Version string
	Action  string
	Params  []Param // in the order in which they are written
	Host    string  // host:port of the server
	TLS     bool    // the server uses HTTPS
}

// A Param is one parameter. Its value may be read from a file or an environment
// variable: certificates, private keys and passwords do not belong into source
// code.
type Param struct {
	Name  string
	Value string // used if File and Env are empty
	File  string // file with the value
	Env   string // environment variable with the value
}

// FileName is the file from which a parameter with this name and value is read:
// name.pem for a text in PEM, "" for anything else.
func FileName(name, value string) string {
	if strings.HasPrefix(value, "-----BEGIN ") {
		return strings.ToLower(name) + ".pem"
	}
	return ""
}

// A Language is one form of code.
type Language struct {
	ID    string // in URLs: go-darabonba
	Title string // for display
	File  string // name of the file with the code
	Write func(Call) string

	// Project are the additional files, by name, that make File a runnable
	// project, and Run is the command to run it.
	Project func(Call) map[string]string
	Run     string
}

// Languages lists the languages in the order in which they are offered.
var Languages = []Language{
	{ID: "go", Title: "Go (alibaba-cloud-sdk-go)", File: "main.go", Write: gofmt(goClassic.write), Project: goClassic.project, Run: "go mod tidy && go run ."},
	{ID: "go-darabonba", Title: "Go (darabonba)", File: "main.go", Write: gofmt(goDarabonba.write), Project: goDarabonba.project, Run: "go mod tidy && go run ."},
	{ID: "typescript", Title: "TypeScript", File: "main.ts", Write: typeScript.write, Project: typeScript.project, Run: "npm install && npx tsx main.ts"},
	{ID: "python", Title: "Python", File: "main.py", Write: python.write, Project: python.project, Run: "pip install -r requirements.txt && python3 main.py"},
	{ID: "java", Title: "Java", File: "src/main/java/Main.java", Write: java.write, Project: java.project, Run: "mvn -q compile exec:java"},
	{ID: "php", Title: "PHP", File: "main.php", Write: php.write, Project: php.project, Run: "composer install && php main.php"},
	{ID: "elbow", Title: "elbow call", File: "call.sh", Write: elbowCall, Project: noProject, Run: "sh call.sh"},
	{ID: "aliyun", Title: "aliyun CLI", File: "call.sh", Write: aliyunCLI, Project: noProject, Run: "sh call.sh"},
	{ID: "curl", Title: "curl", File: "call.sh", Write: curl, Project: noProject, Run: "sh call.sh"},
}

// Lookup returns a language by its id.
func Lookup(id string) (Language, bool) {
	for _, l := range Languages {
		if l.ID == id {
			return l, true
		}
	}
	return Language{}, false
}

// Scheme is http or https.
func (c Call) Scheme() string {
	if c.TLS {
		return "https"
	}
	return "http"
}

// Protocol is Scheme in the SDKs' spelling.
func (c Call) Protocol() string { return strings.ToUpper(c.Scheme()) }

// Files reports whether a parameter is read from a file.
func (c Call) Files() bool {
	for _, p := range c.Params {
		if p.File != "" {
			return true
		}
	}
	return false
}

func noProject(Call) map[string]string { return nil }
