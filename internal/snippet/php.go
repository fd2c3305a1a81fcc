package snippet

import "strings"

// quotePHP is s in single quotes, in which PHP interprets only \' and \\.
func quotePHP(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// phpValue is a parameter as a PHP expression.
func phpValue(p Param) string {
	if p.File != "" {
		return "file_get_contents(" + quotePHP(p.File) + ")"
	}
	if p.Env != "" {
		return "getenv(" + quotePHP(p.Env) + ")"
	}
	return quotePHP(p.Value)
}

var php = newSource(`
<?php

require __DIR__ . '/vendor/autoload.php';

use AlibabaCloud\Tea\Utils\Utils\RuntimeOptions;
use Darabonba\OpenApi\Models\Config;
use Darabonba\OpenApi\Models\OpenApiRequest;
use Darabonba\OpenApi\Models\Params;
use Darabonba\OpenApi\OpenApiClient;

$client = new OpenApiClient(new Config([
    'accessKeyId' => getenv('ALIBABA_CLOUD_ACCESS_KEY_ID'),
    'accessKeySecret' => getenv('ALIBABA_CLOUD_ACCESS_KEY_SECRET'),
    'endpoint' => '{{.Host}}',
    'protocol' => '{{.Protocol}}',
]));
$params = new Params([
    'action' => '{{.Action}}',
    'version' => '{{.Version}}',
    'protocol' => '{{.Protocol}}',
    'method' => 'POST',
    'authType' => 'AK',
    'style' => 'RPC',
    'pathname' => '/',
    'reqBodyType' => 'formData',
    'bodyType' => 'json',
]);
$request = new OpenApiRequest([
    'body' => [
{{- range .Params}}
        '{{.Name}}' => {{value .}},
{{- end}}
    ],
]);
$response = $client->callApi($params, $request, new RuntimeOptions([]));
echo json_encode($response['body'], JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), PHP_EOL;
`, phpValue, map[string]string{"composer.json": `
{
    "require": {
        "alibabacloud/darabonba-openapi": "^0.2.13"
    }
}
`})
