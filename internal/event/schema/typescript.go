package schema

import (
	"fmt"
	"reflect"
	"strings"

	"crystalyse/internal/event"
)

// TypeScript gives the events as a union that narrows by its type: a reducer
// that forgets one does not compile. source is the folder of the Go types.
func TypeScript(source string) ([]byte, error) {
	d, err := readDocs(source)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("// Generated from internal/event by `go generate`; do not edit.\n\n")
	seen := map[string]bool{}
	writeInterface(&b, seen, reflect.TypeFor[event.Metadata](), d)
	for _, k := range event.All {
		writeInterface(&b, seen, reflect.TypeOf(k.Zero), d)
	}
	b.WriteString("/** The envelope of every event. */\nexport interface Envelope<T extends string, D> {\n")
	for _, m := range members(reflect.TypeFor[event.Event](), d) {
		typ := ""
		switch m.name {
		case "type":
			typ = "T"
		case "data":
			typ = "D"
		case "mode":
			typ = `"creative" | "rigorous"`
		default:
			typ = typeScript(m.typ)
		}
		writeMember(&b, m, typ)
	}
	b.WriteString("}\n\n/** Every event; `switch (e.type)` narrows `e.data`. */\nexport type Event =\n")
	for i, k := range event.All {
		end := "\n"
		if i == len(event.All)-1 {
			end = ";\n\n"
		}
		fmt.Fprintf(&b, "  | Envelope<%q, %s>%s", k.Type, typeName(reflect.TypeOf(k.Zero)), end)
	}
	b.WriteString("export type EventType = Event[\"type\"];\n\n")
	b.WriteString("/** The types that are stored; the others are lost with the connection. */\nexport const durable: ReadonlySet<EventType> = new Set<EventType>([\n")
	for _, k := range event.All {
		if k.Durable {
			fmt.Fprintf(&b, "  %q,\n", k.Type)
		}
	}
	b.WriteString("]);\n")
	return []byte(b.String()), nil
}

// typeName keeps clear of names that TypeScript has already.
func typeName(t reflect.Type) string {
	if t.Name() == "Error" {
		return "ErrorEvent"
	}
	return t.Name()
}

func writeInterface(b *strings.Builder, seen map[string]bool, t reflect.Type, d docs) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t.Name()] {
		return
	}
	seen[t.Name()] = true
	ms := members(t, d)
	for _, m := range ms {
		writeInterface(b, seen, m.typ, d)
	}
	if doc := d[t.Name()]; doc != "" {
		fmt.Fprintf(b, "/** %s */\n", doc)
	}
	fmt.Fprintf(b, "export interface %s {\n", typeName(t))
	for _, m := range ms {
		typ := typeScript(m.typ)
		if m.optional {
			typ = strings.TrimSuffix(typ, " | null") // absent instead of null
		}
		writeMember(b, m, typ)
	}
	b.WriteString("}\n\n")
}

func writeMember(b *strings.Builder, m member, typ string) {
	if m.doc != "" {
		fmt.Fprintf(b, "  /** %s */\n", m.doc)
	}
	mark := ""
	if m.optional {
		mark = "?"
	}
	fmt.Fprintf(b, "  %s%s: %s;\n", m.name, mark, typ)
}

func typeScript(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number"
	case reflect.Slice:
		return typeScript(t.Elem()) + "[]"
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return "Record<string, unknown>"
		}
		return "Record<string, " + typeScript(t.Elem()) + ">"
	case reflect.Struct:
		return typeName(t)
	case reflect.Pointer:
		return typeScript(t.Elem()) + " | null"
	}
	panic("event schema: no rule for " + t.String() + "; add one to typeSchema and typeScript")
}
