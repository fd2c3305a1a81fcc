package openapi

import (
	"reflect"
	"strings"

	"elbow/internal/api"
)

// answer is the schema of an operation's answer.
func (w *writer) answer(op *api.Operation) object {
	ref := w.schema(reflect.TypeOf(op.Out()))
	s := w.schemas[op.Name+"Output"].(object)
	s["properties"].(object)["RequestId"] = object{"type": "string"}
	s["required"] = append(s["required"].([]string), "RequestId")
	return ref
}

// schema is the schema of the JSON that a type is encoded to. A named struct
// becomes a shared schema and is referred to.
func (w *writer) schema(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		return w.schema(t.Elem())
	case reflect.Struct:
		if t.Name() == "" {
			return w.structure(t)
		}
		if w.schemas[t.Name()] == nil {
			w.schemas[t.Name()] = object{} // of a type that contains itself
			w.schemas[t.Name()] = w.structure(t)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": w.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": w.schema(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Int, reflect.Int32:
		return object{"type": "integer"}
	}
	return object{} // anything
}

func (w *writer) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported(), name == "-", f.Anonymous && name == "": // its fields are part of the outer struct
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = w.schema(f.Type)
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}
