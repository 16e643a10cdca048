// Package eventgen renders the event contract for other languages: a JSON
// Schema and a TypeScript union on `type`.
package eventgen

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"crystalyse/internal/event"
)

// Paths of the generated files, below the clone.
const (
	SchemaPath     = "internal/event/schema/events.schema.json"
	TypeScriptPath = "web/src/event/events.gen.ts"
)

// Files gives the generated files by path.
func Files() map[string][]byte {
	return map[string][]byte{SchemaPath: schema(), TypeScriptPath: typescript()}
}

type object = map[string]any

func schema() []byte {
	union := []any{}
	for _, k := range event.All {
		union = append(union, object{
			"properties": object{"type": object{"const": string(k.Type)}, "data": schemaOf(reflect.TypeOf(k.Zero))},
		})
	}
	doc := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "CrystaLyse event", "type": "object",
		"required": []string{"id", "timestamp", "type", "agent_name", "mode", "data", "metadata"},
		"properties": object{
			"id": object{"type": "string"}, "timestamp": object{"type": "number"}, "agent_name": object{"type": "string"},
			"mode": object{"enum": []string{"creative", "rigorous"}}, "metadata": schemaOf(reflect.TypeFor[event.Metadata]()),
		},
		"oneOf": union,
	}
	body, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		panic(err) // maps of strings: cannot happen
	}
	return append(body, '\n')
}

// field is an exported field as JSON has it.
type field struct {
	name     string
	typ      reflect.Type
	optional bool
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		tag := strings.Split(t.Field(i).Tag.Get("json"), ",")
		out = append(out, field{tag[0], t.Field(i).Type, len(tag) > 1 && tag[1] == "omitempty"})
	}
	return out
}

func schemaOf(t reflect.Type) object {
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	case reflect.Pointer:
		return object{"anyOf": []any{schemaOf(t.Elem()), object{"type": "null"}}}
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties, required := object{}, []string{}
		for _, f := range fieldsOf(t) {
			properties[f.name] = schemaOf(f.typ)
			if !f.optional {
				required = append(required, f.name)
			}
		}
		return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
	panic("events have no " + t.String())
}

func typescript() []byte {
	var b strings.Builder
	b.WriteString("// Generated from internal/event by tools/eventgen. Do not edit.\n\n")
	seen := map[string]bool{}
	declare(&b, reflect.TypeFor[event.Metadata](), seen)
	for _, k := range event.All {
		declare(&b, reflect.TypeOf(k.Zero), seen)
	}
	b.WriteString("export interface Envelope<T extends string, D> {\n  id: string;\n  timestamp: number;\n  type: T;\n  agent_name: string;\n  mode: \"creative\" | \"rigorous\";\n  data: D;\n  metadata: Metadata;\n}\n\n")
	b.WriteString("export type Event =\n")
	for _, k := range event.All {
		fmt.Fprintf(&b, "  | Envelope<%q, %s>\n", k.Type, reflect.TypeOf(k.Zero).Name())
	}
	text := strings.TrimSuffix(b.String(), "\n") + ";\n\nexport const durable: ReadonlySet<Event[\"type\"]> = new Set([\n"
	for _, k := range event.All {
		if k.Durable {
			text += fmt.Sprintf("  %q,\n", k.Type)
		}
	}
	return []byte(text + "] as const);\n")
}

// declare writes the interfaces of a struct, those it uses first.
func declare(b *strings.Builder, t reflect.Type, seen map[string]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t.Name()] {
		return
	}
	seen[t.Name()] = true
	fields := fieldsOf(t)
	for _, f := range fields {
		declare(b, f.typ, seen)
	}
	fmt.Fprintf(b, "export interface %s {\n", t.Name())
	for _, f := range fields {
		mark := ""
		if f.optional {
			mark = "?"
		}
		fmt.Fprintf(b, "  %s%s: %s;\n", f.name, mark, tsType(f.typ))
	}
	b.WriteString("}\n\n")
}

func tsType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number"
	case reflect.Interface:
		return "unknown"
	case reflect.Pointer:
		return tsType(t.Elem()) + " | null"
	case reflect.Slice:
		return tsType(t.Elem()) + "[]"
	case reflect.Map:
		return "Record<string, " + tsType(t.Elem()) + ">"
	}
	return t.Name()
}
