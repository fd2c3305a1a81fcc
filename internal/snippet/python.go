package snippet

// pythonValue is a parameter as a Python expression.
func pythonValue(p Param) string {
	if p.File != "" {
		return "Path(" + quoteJSON(p.File) + ").read_text()"
	}
	if p.Env != "" {
		return "os.environ[" + quoteJSON(p.Env) + "]"
	}
	return quoteJSON(p.Value)
}

var python = newSource(`
import json
import os
{{- if .Files}}
from pathlib import Path
{{- end}}

from alibabacloud_tea_openapi import models
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_util.models import RuntimeOptions


def main():
    client = Client(models.Config(
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint={{quote .Host}},
        protocol={{quote .Protocol}},
    ))
    params = models.Params(
        action={{quote .Action}},
        version={{quote .Version}},
        protocol={{quote .Protocol}},
        method="POST",
        auth_type="AK",
        style="RPC",
        pathname="/",
        req_body_type="formData",
        body_type="json",
    )
    request = models.OpenApiRequest(body={
{{- range .Params}}
        {{quote .Name}}: {{value .}},
{{- end}}
    })
    response = client.call_api(params, request, RuntimeOptions())
    print(json.dumps(response["body"], indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
`, pythonValue, map[string]string{"requirements.txt": `
alibabacloud-tea-openapi>=0.3.12
alibabacloud-tea-util>=0.3.13
`})
