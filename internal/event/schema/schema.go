// Package schema turns the Go types of events into a JSON Schema and a
// TypeScript union, so that every reader of events agrees with their one source.
//
// `go generate ./internal/event/schema` writes both; a test fails when they are
// stale. The words of the documentation come from the comments in the Go source.
package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"crystalyse/internal/event"
)

//go:generate go run ./gen

// member is a field of a struct as it goes over the wire.
type member struct {
	name     string
	typ      reflect.Type
	optional bool
	doc      string
}

// members gives the fields of a struct in order.
func members(t reflect.Type, d docs) []member {
	var out []member
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		out = append(out, member{name: name, typ: f.Type, optional: strings.Contains(options, "omitempty"), doc: d[t.Name()+"."+f.Name]})
	}
	return out
}

// object keeps the order of its keys, so that the file reads as the source does
// and changes only where the source did.
type object []entry

type entry struct {
	key   string
	value any
}

// MarshalJSON writes the keys in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(e.key)
		if err != nil {
			return nil, err
		}
		var value bytes.Buffer
		enc := json.NewEncoder(&value)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e.value); err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(bytes.TrimSpace(value.Bytes()))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// JSONSchema gives the schema of every event (draft 2020-12). source is the
// folder of the Go types, for their comments.
func JSONSchema(source string) ([]byte, error) {
	d, err := readDocs(source)
	if err != nil {
		return nil, err
	}
	var defs, events object
	var union []any
	seen := map[string]bool{}
	for _, k := range event.All {
		events = append(events, entry{string(k.Type), envelope(k, d)})
		union = append(union, object{{"$ref", "#/$defs/" + string(k.Type)}})
		defs = addDefs(defs, seen, reflect.TypeOf(k.Zero), d)
	}
	defs = addDefs(defs, seen, reflect.TypeFor[event.Metadata](), d)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err = enc.Encode(object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "CrystaLyse event"},
		{"description", "Generated from internal/event by `go generate`; do not edit."},
		{"oneOf", union},
		{"$defs", append(events, defs...)},
	})
	return out.Bytes(), err
}

// envelope is the schema of one type of event.
func envelope(k event.Kind, d docs) object {
	stored := "live only"
	if k.Durable {
		stored = "durable"
	}
	var props object
	required := []string{}
	for _, m := range members(reflect.TypeFor[event.Event](), d) {
		var s any
		switch m.name {
		case "type":
			s = object{{"const", string(k.Type)}}
		case "mode":
			s = object{{"enum", []string{"creative", "rigorous"}}}
		case "data":
			s = object{{"$ref", "#/$defs/" + reflect.TypeOf(k.Zero).Name()}}
		default:
			s = typeSchema(m.typ)
		}
		props = append(props, entry{m.name, s})
		required = append(required, m.name)
	}
	return object{{"description", stored}, {"type", "object"}, {"properties", props}, {"required", required}, {"additionalProperties", false}}
}

// addDefs adds a struct and those it uses.
func addDefs(defs object, seen map[string]bool, t reflect.Type, d docs) object {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t.Name()] {
		return defs
	}
	seen[t.Name()] = true
	var props object
	required := []string{}
	for _, m := range members(t, d) {
		s := typeSchema(m.typ)
		if m.typ.Kind() == reflect.Pointer && m.optional {
			s = typeSchema(m.typ.Elem()) // absent instead of null
		}
		if m.doc != "" {
			s = append(s, entry{"description", m.doc})
		}
		props = append(props, entry{m.name, s})
		if !m.optional {
			required = append(required, m.name)
		}
	}
	def := object{{"type", "object"}, {"properties", props}, {"required", required}, {"additionalProperties", false}}
	if doc := d[t.Name()]; doc != "" {
		def = append(object{{"description", doc}}, def...)
	}
	defs = append(defs, entry{t.Name(), def})
	for _, m := range members(t, d) {
		defs = addDefs(defs, seen, m.typ, d)
	}
	return defs
}

func typeSchema(t reflect.Type) object {
	switch t.Kind() {
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64:
		return object{{"type", "integer"}}
	case reflect.Float64:
		return object{{"type", "number"}}
	case reflect.Slice:
		return object{{"type", "array"}, {"items", typeSchema(t.Elem())}}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return object{{"type", "object"}}
		}
		return object{{"type", "object"}, {"additionalProperties", typeSchema(t.Elem())}}
	case reflect.Struct:
		return object{{"$ref", "#/$defs/" + t.Name()}}
	case reflect.Pointer:
		return object{{"anyOf", []any{typeSchema(t.Elem()), object{{"type", "null"}}}}}
	}
	panic("event schema: no rule for " + t.String() + "; add one to typeSchema and typeScript")
}
