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
	for _, n := range notable(ofCompounds(m.Values)) {
		d.Context.Add(m.Call.DiscoveryID, n.Value)
		parts = append(parts, n.word())
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
		d.Content = fmt.Sprintf("The tool %s%s gave %s.", spoken(m.Call.Tool), about(m.Call.Arguments), untold(m, &d.Context))
	default:
		d.Content = fmt.Sprintf("The tool %s found: %s.", spoken(m.Call.Tool), strings.Join(parts, "; "))
	}
	d.Context = d.Context.bounded()
	return d
}

// untold says what a call gave that is not told in numbers.
func untold(m discovery.Made, c *Context) string {
	if n := len(m.Structures); n > 0 {
		return value.Counted(n, "structure")
	}
	for _, v := range m.Values[:min(len(m.Values), maxValues)] {
		c.Add(m.Call.DiscoveryID, v)
	}
	of := ""
	if list := compact(c.Formulas); len(list) > 0 {
		of = " of " + strings.Join(list, ", ")
	}
	if n := len(m.Values); n > 0 {
		return value.Counted(n, "value") + of
	}
	return "no value to cite"
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
	key := did + "/" + v.Key
	if strings.Contains(v.Origin, "/") {
		key = v.Origin
	}
	c.Values = append(c.Values, key)
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

// Cite notes the values that a text cites, up to as many as a digest names.
func (c *Context) Cite(did, text string, values []value.Value) {
	for _, r := range value.FindRefs(text) {
		if i := slices.IndexFunc(values, func(v value.Value) bool { return v.Key == r.Key }); i >= 0 && len(c.Values) < maxKeys {
			c.Add(did, values[i])
		}
	}
	*c = c.bounded()
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
	if v.Converged != nil && !*v.Converged {
		s += ", not converged"
	}
	return strings.Join(strings.Fields(s), " ") // thin spaces are for screens
}

var telling = []string{"energy_above_hull_per_atom", "formation_energy_per_atom", "energy_per_atom", "space_group_number", "composition_valid", "bulk_modulus", "gravimetric_capacity", "average_voltage", "volume_per_atom", "lattice_a"}

// note is a value worth a word; of several energies of a compound it is the
// lowest.
type note struct {
	value.Value
	of int // how many there were
}

func (n note) word() string {
	if n.of == 1 {
		return Word(n.Value)
	}
	return fmt.Sprintf("%s, the lowest of %d", Word(n.Value), n.of)
}

// ofCompounds gives values that name no compound that of the telling ones of their
// call, where these are of one: a voltage stands beside the capacity of its host.
func ofCompounds(values []value.Value) []value.Value {
	of := map[string][]string{}
	for _, v := range values {
		if v.Formula != "" && slices.Contains(telling, v.Name) && !slices.Contains(of[v.CallID], v.Formula) {
			of[v.CallID] = append(of[v.CallID], v.Formula)
		}
	}
	out := slices.Clone(values)
	for i, v := range out {
		if v.Formula == "" && len(of[v.CallID]) == 1 {
			out[i].Formula = of[v.CallID][0]
		}
	}
	return out
}

// notable gives the values worth a word, the most telling names first. Of several
// structures of a compound those of the lowest energy are told.
func notable(values []value.Value) []note {
	var out []note
	lowest := map[string]string{} // compound -> structure
	for _, name := range telling {
		at := map[string]int{} // compound and potential -> place in out
		for _, v := range values {
			best := lowest[v.Formula]
			if v.Name != name || strings.HasPrefix(v.Field, "structures.") || strings.HasPrefix(v.Field, "scan.") || best != "" && v.StructureID != best {
				continue
			}
			i, again := at[alike(v)]
			switch {
			case !again:
				at[alike(v)], out = len(out), append(out, note{v, 1})
			case *v.Number < *out[i].Number:
				out[i] = note{v, out[i].of + 1}
			default:
				out[i].of++
			}
		}
		for _, n := range out {
			if n.of > 1 {
				lowest[n.Formula] = n.StructureID
			}
		}
	}
	return out[:min(len(out), maxValues)]
}

// alike names what energies per atom are compared in: those of one compound by
// one potential. Any other value is its own.
func alike(v value.Value) string {
	if v.Unit != "eV/atom" || v.Number == nil || v.Formula == "" {
		return v.Key
	}
	potential := ""
	if v.Potential != nil {
		potential = v.Potential.Name + " " + v.Potential.Version
	}
	return v.Formula + " by " + potential
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
