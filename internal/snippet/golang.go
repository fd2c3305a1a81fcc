package snippet

import (
	"go/format"
	"strconv"
)

// gofmt is a writer whose programs are formatted as gofmt does: how the lines of
// a literal are aligned depends on all of them.
func gofmt(write func(Call) string) func(Call) string {
	return func(c Call) string {
		text := write(c)
		if formatted, err := format.Source([]byte(text)); err == nil {
			return string(formatted)
		}
		return text // a name that is not valid in Go, which the API does not have
	}
}

// goValue is a parameter as a Go expression.
func goValue(p Param) string {
	if p.File != "" {
		return "file(" + strconv.Quote(p.File) + ")"
	}
	if p.Env != "" {
		return "os.Getenv(" + strconv.Quote(p.Env) + ")"
	}
	return strconv.Quote(p.Value)
}

const goReadFile = `{{if .Files}}
func file(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}
{{end}}`

var goClassic = newSource(`
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

func main() {
	client, err := sdk.NewClientWithAccessKey("local",
		os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"))
	if err != nil {
		log.Fatal(err)
	}

	request := requests.NewCommonRequest()
	request.Method = "POST"
	request.Scheme = {{quote .Scheme}}
	request.Domain = {{quote .Host}}
	request.Product = {{quote .Product}}
	request.Version = {{quote .Version}}
	request.ApiName = {{quote .Action}}
{{- range .Params}}
	request.FormParams[{{quote .Name}}] = {{value .}}
{{- end}}

	response, err := client.ProcessCommonRequest(request)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetHttpContentString())
}
`+goReadFile, goValue, map[string]string{"go.mod": `
module {{lower .Action}}

go 1.24

require github.com/aliyun/alibaba-cloud-sdk-go v1.63.107
`})

var goDarabonba = newSource(`
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/tea/dara"
)

func main() {
	client, err := openapi.NewClient(&openapi.Config{
		AccessKeyId:     dara.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")),
		AccessKeySecret: dara.String(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
		Endpoint:        dara.String({{quote .Host}}),
		Protocol:        dara.String({{quote .Protocol}}),
	})
	if err != nil {
		log.Fatal(err)
	}

	params := &openapi.Params{
		Action:      dara.String({{quote .Action}}),
		Version:     dara.String({{quote .Version}}),
		Protocol:    dara.String({{quote .Protocol}}),
		Method:      dara.String("POST"),
		AuthType:    dara.String("AK"),
		Style:       dara.String("RPC"),
		Pathname:    dara.String("/"),
		ReqBodyType: dara.String("formData"),
		BodyType:    dara.String("json"),
	}
	request := &openapi.OpenApiRequest{
		Body: map[string]any{
{{- range .Params}}
			{{quote .Name}}: {{value .}},
{{- end}}
		},
	}
	response, err := client.CallApi(params, request, &dara.RuntimeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	body, err := json.MarshalIndent(response["body"], "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
}
`+goReadFile, goValue, map[string]string{"go.mod": `
module {{lower .Action}}

go 1.24

require (
	github.com/alibabacloud-go/darabonba-openapi/v2 v2.1.13
	github.com/alibabacloud-go/tea v1.5.4
)
`})
