package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
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
	root := &node{}
	if len(schema) > 0 {
		// A schema that cannot be read names no units; the numbers stay.
		_ = json.Unmarshal(schema, root)
	}
	x := &extractor{callID: callID, tool: toolName, defs: root.defs}
	if err := x.walk(doc, root, nil, around{}); err != nil {
		return nil, err
	}
	return x.out, nil
}

func decode(doc json.RawMessage) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the first JSON value")
	}
	return v, nil
}

// around is what the objects around a number say of it.
type around struct {
	potential            *Potential
	structureID, formula string
	converged            *bool
	own                  bool // the innermost object names a formula itself
}

type extractor struct {
	callID, tool string
	defs         map[string]*node
	out          []Value
}

func (x *extractor) walk(v any, n *node, path []string, ctx around) error {
	if len(path) > maxDepth {
		return fault.New(fault.CodeLimit, "the result of %s is nested more than %d deep", x.callID, maxDepth)
	}
	w := resolve(n, x.defs, v)
	switch t := v.(type) {
	case map[string]any:
		return x.object(t, w, path, ctx)
	case []any:
		ctx.own = false
		for i, e := range t {
			if err := x.walk(e, w.item(i), join(path, strconv.Itoa(i)), ctx); err != nil {
				return err
			}
		}
	case json.Number:
		if f, ok := exact(t); ok {
			return x.add(Value{Number: &f}, w, path, ctx)
		}
	case bool:
		return x.add(Value{Bool: &t}, w, path, ctx)
	}
	return nil
}

// exact gives a number that can be stored without changing what it says. One
// beyond double precision becomes no value, so nothing can cite it.
func exact(n json.Number) (float64, bool) {
	f, err := n.Float64()
	if err != nil || math.IsInf(f, 0) {
		return 0, false
	}
	if math.Abs(f) >= 1<<53 && !strings.ContainsAny(n.String(), ".eE") && strconv.FormatFloat(f, 'f', 0, 64) != n.String() {
		return 0, false
	}
	return f + 0, true // "+ 0" turns a negative zero into zero
}

func join(path []string, seg string) []string { return append(path[:len(path):len(path)], seg) }

func (x *extractor) object(m map[string]any, w view, path []string, ctx around) error {
	ctx = ctx.within(m)
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		first := len(x.out)
		if err := x.walk(m[k], w.property(k), join(path, escape(k)), ctx); err != nil {
			return err
		}
		if len(x.out) == first+1 { // a number of this object, not a list or an object in it
			derive(&x.out[first], m, resolve(w.property(k), x.defs, m[k]))
		}
	}
	return nil
}

// derive fills in how a number was made, where the schema says which members of
// its object tell.
func derive(v *Value, m map[string]any, w view) {
	expression, inputs := w.derivation()
	v.Expression, _ = m[expression].(string)
	list, _ := m[inputs].([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			v.Inputs = append(v.Inputs, s)
		}
	}
}

// within reads what an object says of the numbers in it. An object with a
// structure of its own says nothing of the outer one's formula and convergence,
// and one of another formula nothing of the outer structure.
func (a around) within(m map[string]any) around {
	a.own = false
	s, hasStructure := m["structure_id"].(string)
	if hasStructure && s != a.structureID {
		a.structureID, a.formula, a.converged = s, "", nil
	}
	if f, ok := m["formula"].(string); ok {
		if f != a.formula && !hasStructure {
			a.structureID, a.converged = "", nil
		}
		a.formula, a.own = f, true
	}
	if b, ok := m["converged"].(bool); ok {
		a.converged = &b
	}
	switch p := m["potential"].(type) {
	case map[string]any:
		text := func(k string) string { s, _ := p[k].(string); return s }
		a.potential = &Potential{Name: text("name"), Version: text("version"), CheckpointSHA256: text("checkpoint_sha256"),
			Device: text("device"), EnergyLevel: text("energy_level")}
	case string:
		a.potential = &Potential{Name: p}
	}
	return a
}

func (x *extractor) add(v Value, w view, path []string, ctx around) error {
	if len(path) == 0 {
		return nil // a bare number has no place to cite
	}
	if len(x.out) >= maxValues {
		return fault.New(fault.CodeLimit, "the result of %s has more than %d numbers", x.callID, maxValues)
	}
	v.Field = strings.Join(path, ".")
	v.Key = x.callID + "." + v.Field
	v.CallID, v.Tool, v.Unit, v.Name = x.callID, x.tool, w.unit(), w.name()
	if v.Name == "" {
		v.Name = lastName(path)
	}
	// A verdict on a composition has one name, whichever server gives it.
	if v.Bool != nil && v.Name == "valid" && ctx.own {
		v.Name = "composition_valid"
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
