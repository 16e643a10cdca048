package value

import (
	"encoding/json"
	"strings"
)

// maxBranches bounds how much of a schema is looked at for one value: a foreign
// server's schema may refer to itself.
const maxBranches = 64

// node is the part of JSON Schema that names units. It reads leniently: a
// boolean schema, or a keyword of an unexpected form, says nothing.
type node struct {
	ref          string
	defs         map[string]*node
	properties   map[string]*node
	additional   *node
	items        *node
	prefix       []*node
	anyOf, allOf []*node
	types        []string
	unit, name   string

	expression, inputs string // siblings that hold how a derived number was made
}

// UnmarshalJSON reads what is understood and leaves the rest.
func (n *node) UnmarshalJSON(doc []byte) error {
	var raw map[string]json.RawMessage
	if json.Unmarshal(doc, &raw) != nil {
		return nil //nolint:nilerr // true, false: no more is known
	}
	read := func(key string, into any) { _ = json.Unmarshal(raw[key], into) }
	read("$ref", &n.ref)
	read("$defs", &n.defs)
	if n.defs == nil {
		read("definitions", &n.defs)
	}
	read("properties", &n.properties)
	read("additionalProperties", &n.additional)
	read("prefixItems", &n.prefix)
	read("items", &n.items)
	if n.items == nil && n.prefix == nil || len(raw["items"]) > 0 && raw["items"][0] == '[' {
		read("items", &n.prefix) // a tuple in the older spelling
		n.items = nil
	}
	var one []*node
	read("anyOf", &n.anyOf)
	read("oneOf", &one)
	n.anyOf = append(n.anyOf, one...)
	read("allOf", &n.allOf)
	var single string
	if read("type", &single); single != "" {
		n.types = []string{single}
	} else {
		read("type", &n.types)
	}
	read("unit", &n.unit)
	read("value", &n.name)
	read("expression", &n.expression)
	read("inputs", &n.inputs)
	return nil
}

// view is every part of a schema that speaks of one value, best first.
type view []*node

// resolve follows references and unions to what applies to v. A unit beside a
// union or a reference counts before one inside.
func resolve(n *node, defs map[string]*node, v any) view {
	var out view
	queue := []*node{n}
	for i := 0; i < len(queue) && i < maxBranches; i++ {
		c := queue[i]
		if c == nil || !c.allows(v) {
			continue
		}
		out = append(out, c)
		if name, ok := strings.CutPrefix(c.ref, "#/$defs/"); ok {
			queue = append(queue, defs[name])
		} else if name, ok := strings.CutPrefix(c.ref, "#/definitions/"); ok {
			queue = append(queue, defs[name])
		}
		queue = append(queue, c.allOf...)
		if b := best(c.anyOf, defs, v); b != nil {
			queue = append(queue, b)
		}
	}
	return out
}

// allows reports whether the declared type fits the value.
func (n *node) allows(v any) bool {
	if len(n.types) == 0 {
		return true
	}
	for _, t := range n.types {
		switch v.(type) {
		case map[string]any:
			if t == "object" {
				return true
			}
		case []any:
			if t == "array" {
				return true
			}
		case json.Number:
			if t == "number" || t == "integer" {
				return true
			}
		case bool:
			if t == "boolean" {
				return true
			}
		default:
			return true // no value comes of it
		}
	}
	return false
}

// best picks the branch of a union that fits the value: by type, and among
// objects by the number of properties they know.
func best(branches []*node, defs map[string]*node, v any) *node {
	var found *node
	top := -1
	for i, b := range branches {
		if b == nil || i == maxBranches {
			continue
		}
		t := b
		for range 8 { // references to references
			next := defs[t.ref[strings.LastIndexByte(t.ref, '/')+1:]]
			if t.ref == "" || next == nil {
				break
			}
			t = next
		}
		if !t.allows(v) {
			continue
		}
		score := 0
		if m, ok := v.(map[string]any); ok {
			for k := range m {
				if t.properties[k] != nil {
					score++
				}
			}
		}
		if score > top {
			found, top = b, score
		}
	}
	return found
}

// property gives the schema of an object's member.
func (w view) property(name string) *node {
	for _, n := range w {
		if p := n.properties[name]; p != nil {
			return p
		}
	}
	for _, n := range w {
		if n.additional != nil {
			return n.additional
		}
	}
	return nil
}

// item gives the schema of a list's element.
func (w view) item(i int) *node {
	for _, n := range w {
		if i < len(n.prefix) {
			return n.prefix[i]
		}
		if n.items != nil {
			return n.items
		}
	}
	return nil
}

func (w view) unit() string {
	for _, n := range w {
		if n.unit != "" {
			return n.unit
		}
	}
	return ""
}

// derivation names the siblings that hold the expression and the inputs of a
// derived number, "" for one that is not.
func (w view) derivation() (expression, inputs string) {
	for _, n := range w {
		if n.expression != "" {
			return n.expression, n.inputs
		}
	}
	return "", ""
}

func (w view) name() string {
	for _, n := range w {
		if n.name != "" {
			return n.name
		}
	}
	return ""
}
