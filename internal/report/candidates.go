package report

import (
	"math"

	"crystalyse/internal/value"
)

// candidates groups structures by formula and names the best of each: the
// lowest energy per atom among converged ones of a single potential. Reference
// phases are no candidates; one that was relaxed beside structures searched for the
// same formula competes with them.
func candidates(structures []Structure, values []value.Value) []Candidate {
	reference := references(structures, values)
	g := grouping{all: []Candidate{}, index: map[string]int{}, formulaOf: map[string]string{}}
	for _, s := range structures {
		if reference[s.ID] {
			continue
		}
		c := g.of(s.Formula)
		c.StructureIDs = append(c.StructureIDs, s.ID)
		g.formulaOf[s.ID] = s.Formula
		if s.Origin != "relaxed" && s.Origin != "reference" {
			c.Tried++
		}
	}
	// A follow-up may compute on structures of an earlier discovery.
	for _, v := range values {
		if isEnergy(v) && v.Formula != "" && !reference[v.StructureID] && g.formulaOf[v.StructureID] == "" {
			g.formulaOf[v.StructureID] = v.Formula
			c := g.of(v.Formula)
			c.StructureIDs = append(c.StructureIDs, v.StructureID)
		}
	}
	for i := range g.all {
		rank(&g.all[i], g.formulaOf, values)
	}
	return g.all
}

type grouping struct {
	all       []Candidate
	index     map[string]int
	formulaOf map[string]string // of a structure
}

func (g *grouping) of(formula string) *Candidate {
	i, ok := g.index[formula]
	if !ok {
		i = len(g.all)
		g.index[formula] = i
		g.all = append(g.all, Candidate{Formula: formula, StructureIDs: []string{}, Decomposition: []string{}, Verdict: NoHull})
	}
	return &g.all[i]
}

// references gives the reference phases and what was made from them, without what
// competes with structures of another origin: its formula was searched, and its own
// energy computed. A discovery may find a crystal both as a reference and by a search;
// its first word on it says nothing of its part.
func references(structures []Structure, values []value.Value) map[string]bool {
	computed := map[string]bool{}
	for _, v := range values {
		if isEnergy(v) {
			computed[v.StructureID] = true
		}
	}
	from := descent(structures, func(Structure) bool { return false })
	searched := map[string]bool{} // formula
	for _, s := range structures {
		if !from[s.ID] {
			searched[s.Formula] = true
		}
	}
	return descent(structures, func(s Structure) bool { return computed[s.ID] && searched[s.Formula] })
}

// descent gives the reference phases and what comes of them, up to what competes.
func descent(structures []Structure, competes func(Structure) bool) map[string]bool {
	out := map[string]bool{}
	for grown := true; grown; { // parents may stand behind their children
		grown = false
		for _, s := range structures {
			if !out[s.ID] && (s.Origin == "reference" || out[s.ParentID]) && !competes(s) {
				out[s.ID], grown = true, true
			}
		}
	}
	return out
}

func isEnergy(v value.Value) bool {
	return v.Number != nil && !math.IsNaN(*v.Number) && !math.IsInf(*v.Number, 0) && v.StructureID != "" && !isAside(v) && (v.Name == "energy_per_atom" || v.Name == "formation_energy_per_atom")
}

// energies are the converged results of one potential for one formula.
type energies struct {
	potential value.Potential
	best      string // structure
	lowest    float64
	n         int
	formation map[string]float64 // by structure
}

// rank fills in the best structure. Energies of two potentials are never
// compared: the potential with formation energies speaks, else the one that
// computed the most, else the first.
func rank(c *Candidate, formulaOf map[string]string, values []value.Value) {
	var all []*energies
	for _, v := range values {
		if !isEnergy(v) || formulaOf[v.StructureID] != c.Formula || v.Potential == nil || v.Converged == nil || !*v.Converged {
			continue
		}
		e := energiesOf(&all, *v.Potential)
		switch {
		case v.Name == "formation_energy_per_atom":
			e.formation[v.StructureID] = *v.Number
		case e.n == 0 || *v.Number < e.lowest:
			e.best, e.lowest = v.StructureID, *v.Number
			e.n++
		default:
			e.n++
		}
	}
	var chosen *energies
	for _, e := range all {
		if chosen == nil || len(e.formation) > 0 && len(chosen.formation) == 0 || (len(e.formation) > 0) == (len(chosen.formation) > 0) && e.n > chosen.n {
			chosen = e
		}
	}
	if chosen == nil {
		return
	}
	if chosen.n == 0 { // formation energies alone rank as well: the references are the same
		for _, id := range c.StructureIDs {
			if f, ok := chosen.formation[id]; ok && (chosen.best == "" || f < chosen.formation[chosen.best]) {
				chosen.best = id
			}
		}
	} else {
		c.EnergyPerAtom = &chosen.lowest
	}
	c.BestStructureID = chosen.best
	// The formation energy of another structure would be that of no candidate.
	if f, ok := chosen.formation[chosen.best]; ok {
		c.FormationEnergyPerAtom = &f
	}
}

func energiesOf(all *[]*energies, p value.Potential) *energies {
	for _, e := range *all {
		if e.potential.Name == p.Name && e.potential.Version == p.Version && e.potential.CheckpointSHA256 == p.CheckpointSHA256 {
			return e
		}
	}
	e := &energies{potential: p, formation: map[string]float64{}}
	*all = append(*all, e)
	return e
}
