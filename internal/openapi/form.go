package openapi

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"elbow/internal/api"
)

// form is the schema of an operation's request body.
func form(op *api.Operation) object {
	properties, required := parameters(op.New().Params())
	properties["Action"] = object{"type": "string", "const": op.Name}
	properties["Version"] = object{"type": "string", "const": op.Version}
	s := object{"type": "object", "properties": properties, "required": append([]string{"Action", "Version"}, required...)}
	if lists := lists(op); len(lists) > 0 {
		s["patternProperties"] = lists
	}
	if rules := conditions(op.New().Params()); len(rules) > 0 {
		s["allOf"] = rules
	}
	return s
}

func parameters(rows []api.Param) (properties object, required []string) {
	properties = object{}
	for _, row := range rows {
		if row.Var.Shape().Type == api.List {
			continue
		}
		properties[row.Name] = parameter(row)
		if row.Required && len(row.When) == 0 {
			required = append(required, row.Name)
		}
	}
	return properties, required
}

// lists are the parameters that are sent as Name.1, Name.2 and so on.
func lists(op *api.Operation) object {
	all := object{}
	for _, row := range op.New().Params() {
		if s := row.Var.Shape(); s.Type == api.List {
			if s.Items != nil {
				for _, m := range s.Items {
					p := parameter(m)
					p["description"] = row.Doc + " " + m.Doc
					all["^"+row.Name+`\.[1-9][0-9]*\.`+m.Name+"$"] = p
				}
				continue
			}
			all["^"+row.Name+`\.[1-9][0-9]*$`] = object{"type": "string", "description": row.Doc + " At most " + strconv.FormatInt(s.Max, 10) + ", from .1 on."}
		}
	}
	return all
}

// conditions are the rows that are required under a condition.
func conditions(rows []api.Param) []object {
	defaults := make(map[string]string)
	for _, row := range rows {
		if row.IfGiven == "" {
			defaults[row.Name] = row.Default
		}
	}
	var rules []object
	for _, row := range rows {
		if !row.Required || len(row.When) == 0 {
			continue
		}
		is, given := object{}, []string{}
		for _, c := range row.When {
			is[c.Name] = object{"const": c.Is}
			if defaults[c.Name] != c.Is { // an absent field has its default
				given = append(given, c.Name)
			}
		}
		rules = append(rules, object{
			"if":   object{"properties": is, "required": given},
			"then": object{"required": []string{row.Name}},
		})
	}
	return rules
}

func parameter(row api.Param) object {
	s := row.Var.Shape()
	p := shape(s)
	p["description"] = description(row, s)
	if row.Default != "" && row.IfGiven == "" {
		p["default"] = typed(s, row.Default)
	}
	if row.Secret {
		p["writeOnly"] = true
	}
	return p
}

func description(row api.Param, s api.Shape) string {
	text := row.Doc
	if s.Unit != "" {
		text += " In " + s.Unit + "."
	}
	if s.Rule != "" {
		text += " It " + s.Rule + "."
	}
	if row.IfGiven != "" {
		text += " The default is " + row.Default + " if " + row.IfGiven + " is given."
	}
	if effect := row.Effect(); effect != "" {
		text += " It has an effect only if " + effect + "."
	}
	return text
}

// shape is the schema of a parameter's value.
func shape(s api.Shape) object {
	switch {
	case s.Many:
		var words []string
		for _, e := range s.Enum {
			words = append(words, regexp.QuoteMeta(e))
		}
		one := "(" + strings.Join(words, "|") + ")"
		return object{"type": "string", "pattern": "^" + one + "(," + one + ")*$"}
	case s.Type == api.Boolean:
		return object{"type": "boolean"}
	case len(s.Enum) > 0:
		return object{"type": "string", "enum": s.Enum}
	case s.Type == api.Integer:
		return object{"type": "integer", "format": "int64", "minimum": s.Min, "maximum": s.Max}
	case s.Type == api.JSON:
		properties, required := parameters(s.Items)
		item := object{"type": "object", "properties": properties}
		if len(required) > 0 {
			item["required"] = required
		}
		return object{
			"type": "string", "contentMediaType": "application/json",
			"contentSchema": object{"type": "array", "minItems": s.Min, "maxItems": s.Max, "items": item},
		}
	}
	p := object{"type": "string"}
	if s.Bounded() {
		p["minLength"], p["maxLength"] = s.Min, s.Max
	}
	if s.Prefix != "" {
		p["pattern"] = "^" + regexp.QuoteMeta(s.Prefix)
	}
	return p
}

// typed converts a value of the table to the type of its schema.
func typed(s api.Shape, text string) any {
	if s.Type == api.Integer || s.Type == api.Boolean {
		return json.RawMessage(text)
	}
	return text
}

// example is a sample call of an operation.
func example(op *api.Operation) object {
	shapes := make(map[string]api.Shape)
	for _, row := range op.New().Params() {
		shapes[row.Name] = row.Var.Shape()
	}
	values := object{"Action": op.Name, "Version": op.Version}
	for name, value := range op.Sample() {
		values[name] = typed(shapes[name], value) // items of a list are texts
	}
	return values
}
