package memory

import (
	"fmt"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// maxValues is how many values a summary names.
const maxValues = 8

// OfCall summarizes a finished call: what was asked of which tool, what it found,
// or why it failed. Numbers stand as their tool gave them, with their keys in
// the context.
func OfCall(m discovery.Made) Draft {
	d := Draft{Context: Context{Calls: []string{m.Call.DiscoveryID + "/" + m.Call.ID}, Outcome: "found"}}
	for _, s := range m.Structures {
		d.Context.StructureIDs = append(d.Context.StructureIDs, s.ID)
	}
	parts := []string{}
	for _, v := range notable(m.Values) {
		d.Context.Add(m.Call.DiscoveryID, v)
		parts = append(parts, Word(v))
	}
	switch {
	case m.Call.Status != tool.StatusOK:
		d.Context.Outcome = "failed"
		why := "no reason was given"
		if m.Call.Error != nil {
			why = m.Call.Error.Message
		}
		d.Content = fmt.Sprintf("The tool %s%s failed: %s", spoken(m.Call.Tool), about(m.Call.Arguments), stopped(clipTo(why, 300)))
	case len(parts) == 0:
		d.Content = fmt.Sprintf("The tool %s%s gave no value to cite.", spoken(m.Call.Tool), about(m.Call.Arguments))
	default:
		d.Content = fmt.Sprintf("The tool %s found: %s.", spoken(m.Call.Tool), strings.Join(parts, "; "))
	}
	d.Context = d.Context.bounded()
	return d
}

// stopped ends a text as a sentence.
func stopped(s string) string {
	if s == "" || strings.ContainsRune(".!?…", []rune(s)[len([]rune(s))-1]) {
		return s
	}
	return s + "."
}

// Add notes what a value is about.
func (c *Context) Add(did string, v value.Value) {
	c.Values = append(c.Values, did+"/"+v.Key)
	if v.Formula != "" {
		c.Formulas = append(c.Formulas, v.Formula)
	}
	if v.StructureID != "" {
		c.StructureIDs = append(c.StructureIDs, v.StructureID)
	}
	if v.Potential != nil {
		c.Potentials = append(c.Potentials, strings.TrimSpace(v.Potential.Name+" "+v.Potential.Version))
	}
}

// bounded keeps a context to what the store takes.
func (c Context) bounded() Context {
	for _, list := range []*[]string{&c.Formulas, &c.Elements, &c.StructureIDs, &c.Values, &c.Potentials, &c.Calls} {
		*list = compact(slices.DeleteFunc(slices.Clone(*list), func(s string) bool { return s == "" || len(s) > 200 }))
		*list = (*list)[:min(len(*list), 100)]
	}
	return c
}

// Word gives a value as a sentence has it.
func Word(v value.Value) string {
	s := strings.ReplaceAll(strings.TrimSuffix(v.Name, "_valid"), "_", " ") + " " + value.Format(v)
	if v.Formula != "" {
		s = v.Formula + " " + s
	}
	if v.Potential != nil {
		s += " (" + strings.TrimSpace(v.Potential.Name+" "+v.Potential.Version) + ")"
	}
	return strings.Join(strings.Fields(s), " ") // thin spaces are for screens
}

var telling = []string{"energy_above_hull_per_atom", "formation_energy_per_atom", "energy_per_atom", "space_group_number", "composition_valid", "bulk_modulus", "gravimetric_capacity", "average_voltage", "volume_per_atom", "lattice_a"}

// notable gives the values worth a word, the most telling names first.
func notable(values []value.Value) []value.Value {
	var out []value.Value
	for _, name := range telling {
		for _, v := range values {
			if v.Name == name && !strings.HasPrefix(v.Field, "structures.") && !strings.HasPrefix(v.Field, "scan.") && len(out) < maxValues {
				out = append(out, v)
			}
		}
	}
	return out
}

func clipTo(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "") + "…"
	}
	return s
}

// Union merges lists without repeating.
func Union(lists ...[]string) []string { return compact(slices.Concat(lists...)) }
