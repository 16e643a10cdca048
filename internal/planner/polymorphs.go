package planner

import (
	"fmt"
	"sort"
	"strings"
)

// polymorph is a converged structure of a composition, in the call that relaxed
// it last.
type polymorph struct {
	from done
	item int
	e    float64
	side bool // ranked in the same call as the best, so that their difference is a result
}

func (p polymorph) row() map[string]any { return p.from.items()[p.item] }

// polymorphsOf are the distinct converged structures of a search, lowest first.
// Those of a first pass count where fewer than two were ranked beside the best.
func polymorphsOf(f facts, h history) []polymorph {
	rounds := relaxations(f.search, h)
	if len(rounds) == 0 {
		rounds = []done{f.relaxed}
	}
	newest, order := map[string]polymorph{}, []string(nil)
	root := map[string]string{} // relaxed structure -> what it was made of at first
	for _, d := range rounds {
		for i, item := range d.items() {
			id, in := text(item, "structure_id"), text(item, "input_structure_id")
			if id == "" {
				continue
			}
			first, known := root[in]
			if !known {
				first = in
			}
			root[id] = first
			switch e, ok := item["energy_per_atom"].(float64); {
			case text(item, "duplicate_of") != "":
				delete(newest, first)
			case ok && item["converged"] == true:
				if first == "" {
					first = id
				}
				newest[first] = polymorph{d, i, e, item["rank"] != nil && item["energy_above_best"] != nil && d.callID == f.relaxed.callID}
				order = append(order, first)
			}
		}
	}
	return ordered(newest, distinct(order))
}

func ordered(newest map[string]polymorph, order []string) []polymorph {
	var out, beside []polymorph
	for _, first := range order {
		if p, ok := newest[first]; ok {
			out = append(out, p)
			if p.side {
				beside = append(beside, p)
			}
		}
	}
	if len(beside) > 1 {
		out = beside
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].e < out[j].e })
	return out
}

// polymorphs lists the structures of a composition by energy.
func polymorphs(b *strings.Builder, f facts, h history, most int) {
	all := polymorphsOf(f, h)
	if len(all) < 2 {
		return
	}
	fmt.Fprintf(b, "Structures of %s, by energy above the best one:\n\n| space group | from | energy | above best |\n|---|---|---|---|\n", f.formula)
	apart := false
	for _, p := range all[:min(len(all), most)] {
		label := text(p.row(), "label")
		if label == "" {
			label = "random cell"
		}
		above := "–"
		if p.side {
			above = p.from.cite("items.%d.energy_above_best", p.item)
		}
		apart = apart || !p.side
		fmt.Fprintf(b, "| %s | `%s` | %s | %s |\n", text(p.row(), "space_group_symbol"), strings.NewReplacer("|", "/", "`", "'").Replace(label), p.from.cite("items.%d.energy_per_atom", p.item), above)
	}
	b.WriteString("\nThe energy is on the potential's own scale, good for comparing structures of one composition.")
	if apart {
		b.WriteString(" Where no difference stands, the structure was relaxed to a looser threshold than the best, so its energy is an upper bound.")
	}
	b.WriteString("\n\n")
}
