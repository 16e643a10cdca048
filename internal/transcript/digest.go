package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"crystalyse/internal/llm"
	"crystalyse/internal/structure"
)

// A digest lists what must survive a condensation word by word, whatever the
// model that condenses leaves out: the keys of values, and ids of structures.

// result is a tool message as the program writes it.
type result struct {
	CallID string          `json:"call_id"`
	Tool   string          `json:"tool"`
	Status string          `json:"status"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
	Note   string          `json:"note,omitempty"`
}

// telling are the names of fields an answer is made of, the most telling first.
var telling = []string{"formation_energy_per_atom", "energy_above_hull_per_atom", "average_voltage", "gravimetric_capacity", "bulk_modulus", "energy_per_atom", "energy_above_best", "valid", "space_group_number", "lattice_", "volume_per_atom", "density", "coordination_number", "bond_length", "converged", "n_"}

// Digest lists the values and structures of the results in rounds, at most limit
// bytes for each result.
func Digest(rounds [][]llm.Message, limit int) string {
	var b strings.Builder
	for _, round := range rounds {
		for _, m := range round {
			var r result
			if m.Role == llm.RoleTool && json.Unmarshal([]byte(m.Content), &r) == nil && r.CallID != "" {
				b.WriteString(r.line(limit))
			}
		}
	}
	return b.String()
}

// line describes one result.
func (r result) line(limit int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", r.CallID, r.Tool, r.Status)
	if len(r.Error) > 0 {
		fmt.Fprintf(&b, ", error %s", clip(string(r.Error), limit/2))
	}
	if ids := structure.FindIDs(r.Result); len(ids) > 0 {
		shown := min(len(ids), max(1, limit/60))
		fmt.Fprintf(&b, "; structures %s", strings.Join(ids[:shown], " "))
		if shown < len(ids) {
			fmt.Fprintf(&b, " and %d more", len(ids)-shown)
		}
	}
	b.WriteString("\n")
	for _, l := range leaves(r.Result) {
		s := fmt.Sprintf("  %s.%s = %s\n", r.CallID, l.path, l.value)
		if b.Len()+len(s) > limit {
			break
		}
		b.WriteString(s)
	}
	return b.String()
}

// Shrink replaces the results of a round by their digests: the last resort,
// where even the newest results do not fit.
func Shrink(round []llm.Message, limit int) []llm.Message {
	out := append([]llm.Message{}, round...)
	for i, m := range out {
		var r result
		if m.Role != llm.RoleTool || len(m.Content) <= limit || json.Unmarshal([]byte(m.Content), &r) != nil {
			continue
		}
		line := r.line(limit)
		r.Result, r.Note = nil, "condensed to fit; every value of the result is stored and can be cited by its key:\n"+line
		if body, err := json.Marshal(r); err == nil {
			out[i].Content = string(body)
		}
	}
	return out
}

type leaf struct{ path, value string }

// leaves gives the numbers and truth values of a document with their paths, the
// most telling first.
func leaves(doc json.RawMessage) []leaf {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	var out []leaf
	walk(v, "", &out)
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i].path) < rank(out[j].path) })
	return out
}

func walk(v any, path string, out *[]leaf) {
	join := func(k string) string {
		if path == "" {
			return k
		}
		return path + "." + k
	}
	switch t := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(t))
		for k := range t {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			walk(t[k], join(k), out)
		}
	case []any:
		for i, e := range t {
			walk(e, join(strconv.Itoa(i)), out)
		}
	case json.Number:
		*out = append(*out, leaf{path, t.String()})
	case bool:
		*out = append(*out, leaf{path, strconv.FormatBool(t)})
	}
}

func rank(path string) int {
	name := path[strings.LastIndexByte(path, '.')+1:]
	for i, t := range telling {
		if strings.HasPrefix(name, t) {
			return i
		}
	}
	return len(telling)
}
