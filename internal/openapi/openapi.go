// Package openapi writes the API as an OpenAPI 3.1 document, from the tables of
// operations alone. An operation is a path with a fragment, /#CreateUser: on the
// wire all of them are a POST of / and differ in the field Action, and a document
// has one entry per path. Start reading at Document.
package openapi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/api"
)

// An object is a JSON object.
type object = map[string]any

// Document returns the whole API as served at server, https://host:port, by a
// program of this version, to be encoded as JSON.
func Document(server, version string) any {
	w := writer{schemas: object{"Error": errorSchema()}}
	paths := object{}
	var tags []object
	for _, f := range api.Families {
		tags = append(tags, object{"name": f.Name})
		for _, op := range f.Operations {
			paths["/#"+op.Name] = object{"post": w.operation(f.Name, op)}
		}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "elbow", "version": version,
			"description": "Every operation is a POST of / with a form. The field Action says which, Version of which product. Answers are JSON; with Format=XML they are XML. What goes over the wire has no fragment: #Action only keeps the operations apart in this document.",
		},
		"servers":  []object{{"url": server}},
		"tags":     tags,
		"security": []object{{"signature": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas":         w.schemas,
			"securitySchemes": object{"signature": signature()},
		},
	}
}

func signature() object {
	return object{
		"type": "http", "scheme": "ACS3-HMAC-SHA256",
		"description": "Authorization: ACS3-HMAC-SHA256 Credential={access key id},SignedHeaders={names},Signature={hex}. Signed are the method, the path, the query, the header fields host and x-acs-*, and the SHA-256 of the body, with HMAC-SHA256 under the secret of the access key. The header fields x-acs-action, x-acs-version, x-acs-date, x-acs-signature-nonce and x-acs-content-sha256 are sent with it. The older signature V1 (HMAC-SHA1 over the sorted parameters) is taken as well. The official SDKs do either.",
	}
}

// A writer generates the entries of operations and collects the schemas that they
// refer to.
type writer struct{ schemas object }

func (w *writer) operation(family string, op *api.Operation) object {
	return object{
		"operationId":  op.Name,
		"tags":         []string{family},
		"summary":      op.Doc,
		"description":  fmt.Sprintf("RAM action `%s`, access level %s. At most %d calls a second of an account, %d of a user.", op.Action(), op.Access, op.Rate.Account, op.Rate.User),
		"x-ram-action": op.Action(),
		"requestBody": object{
			"required": true,
			"content":  object{"application/x-www-form-urlencoded": object{"schema": form(op), "example": example(op)}},
		},
		"responses": w.responses(op),
	}
}

func (w *writer) responses(op *api.Operation) object {
	all := object{"200": object{
		"description": "The call is done.",
		"content":     object{"application/json": object{"schema": w.answer(op)}},
	}}
	codes := make(map[int][]string)
	for _, row := range api.ErrorTable {
		if slices.Contains(op.Errors, row.ID) || slices.Contains(api.CommonErrors, row.ID) {
			codes[row.Status] = append(codes[row.Status], "`"+strings.ReplaceAll(row.Code, "%s", "{parameter}")+"`: "+row.Doc)
		}
	}
	for status, lines := range codes {
		all[strconv.Itoa(status)] = object{
			"description": strings.Join(lines, "\n"),
			"content":     object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Error"}}},
		}
	}
	return all
}

// errorSchema is the answer to every failed call.
func errorSchema() object {
	text := object{"type": "string"}
	return object{
		"type": "object", "required": []string{"RequestId", "HostId", "Code", "Message", "Recommend"},
		"properties": object{
			"RequestId": text, "HostId": text, "Code": text, "Message": text,
			"Recommend":          object{"type": "string", "description": "What exactly is wrong, or where to read about it."},
			"AccessDeniedDetail": object{"type": "object", "description": "Which permission is missing."},
		},
	}
}
