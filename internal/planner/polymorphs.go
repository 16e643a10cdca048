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
	open bool // not converged: it has no place in the order
}

func (p polymorph) row() map[string]any { return p.from.items()[p.item] }

// polymorphsOf are the distinct structures of a search, lowest first. Where fewer
// than two were ranked beside the best, those of a looser threshold count, and
// last those that did not converge.
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
			case ok && (item["converged"] == true || newest[first].open || newest[first].from.tool == ""):
				if first == "" {
					first = id
				}
				side := item["rank"] != nil && item["energy_above_best"] != nil && d.callID == f.relaxed.callID
				newest[first] = polymorph{d, i, e, side, item["converged"] != true}
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
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].open != out[j].open {
			return out[j].open
		}
		return out[i].e < out[j].e
	})
	return out
}

// shownOf are the rows of a table: those that did not converge only to make up
// for others, and never first.
func shownOf(all []polymorph, most int) []polymorph {
	n := 0
	for _, p := range all {
		if !p.open {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return all[:min(len(all), max(n, unconvergedFrom), most)]
}

// unconvergedFrom is how few converged structures are shown alone.
const unconvergedFrom = 3

// polymorphs lists the structures of a composition by energy.
func polymorphs(b *strings.Builder, f facts, h history, most int) {
	all := shownOf(polymorphsOf(f, h), most)
	if len(all) < 2 {
		return
	}
	if !strings.HasSuffix(b.String(), "\n\n") {
		b.WriteString("\n") // else it goes on with the list item above
	}
	fmt.Fprintf(b, "Structures of %s, by energy above the best one:\n\n| space group | from | energy | above best |\n|---|---|---|---|\n", f.formula)
	apart := false
	for _, p := range all {
		label := text(p.row(), "label")
		if label == "" {
			label = "random cell"
		}
		above := "–"
		if p.side {
			above = p.from.cite("items.%d.energy_above_best", p.item)
		}
		if p.open {
			above = "not converged, not ranked"
		}
		apart = apart || !p.side && !p.open
		fmt.Fprintf(b, "| %s | `%s` | %s | %s |\n", text(p.row(), "space_group_symbol"), strings.NewReplacer("|", "/", "`", "'").Replace(label), p.from.cite("items.%d.energy_per_atom", p.item), above)
	}
	b.WriteString("\nThe energy is on the potential's own scale, good for comparing structures of one composition.")
	if apart {
		b.WriteString(" Where no difference stands, the structure was relaxed to a looser threshold than the best, so its energy is an upper bound.")
	}
	b.WriteString("\n\n")
}
