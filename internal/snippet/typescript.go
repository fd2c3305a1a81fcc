package snippet

// scriptValue is a parameter as a TypeScript expression.
func scriptValue(p Param) string {
	if p.File != "" {
		return "readFileSync(" + quoteJSON(p.File) + ", 'utf8')"
	}
	if p.Env != "" {
		return "process.env." + p.Env
	}
	return quoteJSON(p.Value)
}

var typeScript = newSource(`
{{- if .Files}}import { readFileSync } from 'node:fs';
{{end}}import OpenApi, { $OpenApiUtil } from '@alicloud/openapi-core';
import * as $dara from '@darabonba/typescript';

async function main() {
  // A CommonJS package: whether its class is the default export depends on who loads it.
  const Client: typeof OpenApi = (OpenApi as any).default ?? OpenApi;
  const client = new Client(new $OpenApiUtil.Config({
    accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    endpoint: {{quote .Host}},
    protocol: {{quote .Protocol}},
  }));
  const params = new $OpenApiUtil.Params({
    action: {{quote .Action}},
    version: {{quote .Version}},
    protocol: {{quote .Protocol}},
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    pathname: '/',
    reqBodyType: 'formData',
    bodyType: 'json',
  });
  const request = new $OpenApiUtil.OpenApiRequest({
    body: {
{{- range .Params}}
      {{quote .Name}}: {{value .}},
{{- end}}
    },
  });
  const response = await client.callApi(params, request, new $dara.RuntimeOptions({}));
  console.log(JSON.stringify(response.body, null, 2));
}

main().catch((err) => {
  console.error(err.message);
  process.exitCode = 1;
});
`, scriptValue, map[string]string{"package.json": `
{
  "name": {{quote (lower .Action)}},
  "private": true,
  "type": "commonjs",
  "dependencies": {
    "@alicloud/openapi-core": "^1.0.8",
    "@darabonba/typescript": "^1.0.5"
  },
  "devDependencies": {
    "@types/node": "^22.0.0",
    "tsx": "^4.0.0",
    "typescript": "^5.0.0"
  }
}
`})
