package value

import (
	"bytes"
	"encoding/json"
	"math"
	"sort"
	"strconv"
	"strings"

	"crystalyse/internal/fault"
)

// Limits of what is taken from one result.
const (
	maxDepth  = 64
	maxValues = 20_000
)

// Extract takes every number and truth value out of a tool's result. Unit and
// canonical name come from the tool's output schema (the extensions "unit" and
// "value" of a property); potential, structure, formula and convergence from the
// nearest object around the number. A foreign tool without a schema gives values
// without unit, named by their last path segment.
func Extract(callID, toolName string, result, schema json.RawMessage) ([]Value, error) {
	doc, err := decode(result)
	if err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "the result of %s is no JSON", callID)
	}
	root := &schemaNode{}
	if len(schema) > 0 {
		if err := json.Unmarshal(schema, root); err != nil {
			root = &schemaNode{}
		}
	}
	x := &extractor{callID: callID, tool: toolName, defs: root.Defs}
	if err := x.walk(doc, root, nil, around{}); err != nil {
		return nil, err
	}
	return x.out, nil
}

func decode(doc json.RawMessage) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	return v, dec.Decode(&v)
}

// schemaNode is the part of JSON Schema that names units.
type schemaNode struct {
	Ref        string                 `json:"$ref"`
	Defs       map[string]*schemaNode `json:"$defs"`
	Properties map[string]*schemaNode `json:"properties"`
	Items      *schemaNode            `json:"items"`
	AnyOf      []*schemaNode          `json:"anyOf"`
	OneOf      []*schemaNode          `json:"oneOf"`
	AllOf      []*schemaNode          `json:"allOf"`
	Type       any                    `json:"type"`
	Unit       string                 `json:"unit"`
	Value      string                 `json:"value"`
}

// around is what the objects around a number say of it.
type around struct {
	potential            *Potential
	structureID, formula string
	converged            *bool
}

type extractor struct {
	callID, tool string
	defs         map[string]*schemaNode
	out          []Value
}

// resolve follows references and picks the branch of a union that is not null.
func (x *extractor) resolve(n *schemaNode) *schemaNode {
	for range maxDepth {
		if n == nil {
			return &schemaNode{}
		}
		next := x.step(n)
		if next == nil {
			return n
		}
		if next.Unit == "" && next.Value == "" && (n.Unit != "" || n.Value != "") {
			c := *next
			c.Unit, c.Value = n.Unit, n.Value
			next = &c
		}
		n = next
	}
	return n
}

func (x *extractor) step(n *schemaNode) *schemaNode {
	if name, ok := strings.CutPrefix(n.Ref, "#/$defs/"); ok {
		return x.defs[name]
	}
	for _, branches := range [][]*schemaNode{n.AnyOf, n.OneOf, n.AllOf} {
		for _, b := range branches {
			if b != nil && b.Type != "null" {
				return b
			}
		}
	}
	return nil
}

func (x *extractor) walk(v any, n *schemaNode, path []string, ctx around) error {
	if len(path) > maxDepth {
		return fault.New(fault.CodeLimit, "the result of %s is nested more than %d deep", x.callID, maxDepth)
	}
	n = x.resolve(n)
	switch t := v.(type) {
	case map[string]any:
		return x.object(t, n, path, ctx)
	case []any:
		for i, e := range t {
			if err := x.walk(e, n.Items, append(path[:len(path):len(path)], strconv.Itoa(i)), ctx); err != nil {
				return err
			}
		}
	case json.Number:
		// A number beyond double precision becomes no value, so nothing can cite it.
		if f, err := t.Float64(); err == nil && !math.IsInf(f, 0) {
			return x.add(Value{Number: &f}, n, path, ctx)
		}
	case bool:
		return x.add(Value{Bool: &t}, n, path, ctx)
	}
	return nil
}

func (x *extractor) object(m map[string]any, n *schemaNode, path []string, ctx around) error {
	ctx = ctx.within(m)
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		child := n.Properties[k]
		if err := x.walk(m[k], child, append(path[:len(path):len(path)], escape(k)), ctx); err != nil {
			return err
		}
	}
	return nil
}

// within reads what an object says of the numbers in it. An object with a
// structure of its own says nothing of the outer one's formula.
func (a around) within(m map[string]any) around {
	if s, ok := m["structure_id"].(string); ok {
		a.structureID, a.formula, a.converged = s, "", nil
	}
	if s, ok := m["formula"].(string); ok {
		a.formula = s
	}
	if b, ok := m["converged"].(bool); ok {
		a.converged = &b
	}
	if p, ok := m["potential"].(map[string]any); ok {
		text := func(k string) string { s, _ := p[k].(string); return s }
		a.potential = &Potential{Name: text("name"), Version: text("version"), CheckpointSHA256: text("checkpoint_sha256"),
			Device: text("device"), EnergyLevel: text("energy_level")}
	}
	return a
}

func (x *extractor) add(v Value, n *schemaNode, path []string, ctx around) error {
	if len(x.out) >= maxValues {
		return fault.New(fault.CodeLimit, "the result of %s has more than %d numbers", x.callID, maxValues)
	}
	v.Field = strings.Join(path, ".")
	v.Key = x.callID + "." + v.Field
	v.CallID, v.Tool, v.Unit, v.Name = x.callID, x.tool, n.Unit, n.Value
	if v.Name == "" {
		v.Name = lastName(path)
	}
	v.Potential, v.StructureID, v.Formula, v.Converged = ctx.potential, ctx.structureID, ctx.formula, ctx.converged
	v.Inputs = []string{}
	x.out = append(x.out, v)
	return nil
}

func lastName(path []string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if _, err := strconv.Atoi(path[i]); err != nil {
			return path[i]
		}
	}
	return "value"
}

// escape keeps a map key to one path segment: dots and what would end a
// citation become underscores.
func escape(k string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(".{}|/ \n\t", r) {
			return '_'
		}
		return r
	}, k)
}
