package report

import (
	"encoding/json"
	"math"
	"sort"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// NoHull is the verdict where no hull was computed: a formation energy alone
// says nothing of stability.
const NoHull = "unknown: no hull was computed"

// canonical names the values every report carries, cited or not.
var canonical = map[string]bool{
	"energy_per_atom": true, "formation_energy_per_atom": true, "energy_above_hull_per_atom": true, "lattice_a": true, "lattice_b": true,
	"lattice_c": true, "space_group_number": true, "volume_per_atom": true, "bulk_modulus": true, "gravimetric_capacity": true,
	"average_voltage": true, "composition_valid": true,
}

// Input is everything a report is made of.
type Input struct {
	Discovery  discovery.Discovery
	Calls      []discovery.Call
	Values     []value.Value
	Structures []structure.Structure
	Text       string           // the model's final text
	Status     discovery.Status // "" lets the text decide: completed or declined
	Details    string
	Usage      discovery.Usage
	EndedAt    time.Time
}

// Assemble builds the report. Values that are neither canonical nor cited stay
// in the database.
func Assemble(in Input) Report {
	answer := ParseAnswer(in.Text)
	d := in.Discovery
	r := Report{
		DiscoveryID: d.ID, SessionID: d.SessionID, ParentID: d.ParentID, Query: d.Query, Mode: d.Mode, Status: in.Status, Details: in.Details,
		Agent: d.Agent, Assumptions: answer.Assumptions, StartedAt: d.StartedAt, EndedAt: in.EndedAt, Usage: in.Usage,
		Compositions: []Composition{}, Values: []Number{}, Candidates: []Candidate{}, Calls: []Call{}, MemoriesUsed: []string{}, Structures: []Structure{},
	}
	if r.Status == "" {
		r.Status = discovery.StatusCompleted
		if answer.Declined {
			r.Status = discovery.StatusDeclined
		}
	}
	lookup := make(map[string]value.Value, len(in.Values))
	for _, v := range in.Values {
		lookup[v.Key] = v
	}
	var check Check
	r.Summary, check = Render(answer.Text, d.Query, lookup)
	r.Validation = Validation{ValuesTotal: check.Total, ValuesResolved: check.Resolved, Unsourced: check.Unsourced}
	r.Values = numbers(in.Values, check.Cited)
	for _, c := range in.Calls {
		r.Calls = append(r.Calls, Call{
			ID: c.ID, Tool: c.Tool, Server: c.Server, ToolVersion: c.ToolVersion, Arguments: c.Arguments, Status: c.Status, Error: c.Error,
			Attempts: c.Attempts, ResumedFromStep: c.ResumedFromStep, StartedAt: c.StartedAt, DurationS: round(c.DurationS, 3)})
		r.Compositions = append(r.Compositions, compositions(c)...)
	}
	r.Structures = structures(in.Structures, in.Calls)
	r.Candidates = candidates(r.Structures, in.Values)
	return r
}

func numbers(values []value.Value, cited []string) []Number {
	isCited := map[string]bool{}
	for _, k := range cited {
		isCited[k] = true
	}
	out := []Number{}
	for _, v := range values {
		// The numbers that describe generated inputs are many and of no interest
		// unless somebody cites them.
		if !isCited[v.Key] && (!canonical[v.Name] || inReference(v)) {
			continue
		}
		n := Number{Value: v}
		if v.Number != nil {
			n.V = *v.Number
		} else if v.Bool != nil {
			n.V = *v.Bool
		}
		out = append(out, n)
	}
	return out
}

// inReference reports whether a value belongs to a structure reference of a
// result rather than to what the tool was asked for.
func inReference(v value.Value) bool {
	return len(v.Field) > 11 && v.Field[:11] == "structures."
}

// compositions reads the verdicts of a validity check.
func compositions(c discovery.Call) []Composition {
	if c.Status != tool.StatusOK {
		return nil
	}
	var res struct {
		Items []struct {
			Formula         *string        `json:"formula"`
			Valid           *bool          `json:"valid"`
			Applicable      *bool          `json:"applicable"`
			OxidationStates map[string]any `json:"oxidation_states"`
			Assignment      *string        `json:"assignment"`
			MixedValence    bool           `json:"mixed_valence"`
			Reason          string         `json:"reason"`
			Input           string         `json:"input"`
		} `json:"items"`
	}
	if json.Unmarshal(c.Result, &res) != nil {
		return nil
	}
	out := []Composition{}
	for _, i := range res.Items {
		if i.Applicable == nil {
			continue
		}
		comp := Composition{Formula: i.Input, Valid: i.Valid, Applicable: *i.Applicable, OxidationStates: i.OxidationStates, MixedValence: i.MixedValence, Reason: i.Reason, CallID: c.ID}
		if i.Formula != nil {
			comp.Formula = *i.Formula
		}
		if i.Assignment != nil {
			comp.Assignment = *i.Assignment
		}
		out = append(out, comp)
	}
	return out
}

// candidates groups structures by formula and ranks the converged ones by the
// energy of one potential.
func candidates(structures []Structure, values []value.Value) []Candidate {
	byFormula := map[string]*Candidate{}
	order := []string{}
	formulaOf := map[string]string{}
	for _, s := range structures {
		if s.Origin == "reference" || isReferenceChild(s, structures) {
			continue
		}
		formulaOf[s.ID] = s.Formula
		c := byFormula[s.Formula]
		if c == nil {
			c = &Candidate{Formula: s.Formula, StructureIDs: []string{}, Decomposition: []string{}, Verdict: NoHull}
			byFormula[s.Formula] = c
			order = append(order, s.Formula)
		}
		c.StructureIDs = append(c.StructureIDs, s.ID)
		if s.Origin != "relaxed" {
			c.Tried++
		}
	}
	rank(byFormula, formulaOf, values)
	out := make([]Candidate, 0, len(order))
	for _, f := range order {
		out = append(out, *byFormula[f])
	}
	sort.SliceStable(out, func(i, j int) bool { return less(out[i].FormationEnergyPerAtom, out[j].FormationEnergyPerAtom) })
	return out
}

func isReferenceChild(s Structure, all []Structure) bool {
	for _, p := range all {
		if p.ID == s.ParentID {
			return p.Origin == "reference"
		}
	}
	return false
}

func rank(byFormula map[string]*Candidate, formulaOf map[string]string, values []value.Value) {
	potential := map[string]string{}
	for _, v := range values {
		c := byFormula[formulaOf[v.StructureID]]
		if c == nil || v.Number == nil || v.Potential == nil || v.Name != "energy_per_atom" || v.Converged == nil || !*v.Converged {
			continue
		}
		if p := potential[c.Formula]; p != "" && p != v.Potential.Name {
			continue // energies of two potentials are never compared
		}
		potential[c.Formula] = v.Potential.Name
		if c.EnergyPerAtom == nil || *v.Number < *c.EnergyPerAtom {
			e := *v.Number
			c.EnergyPerAtom, c.BestStructureID = &e, v.StructureID
		}
	}
	for _, v := range values {
		c := byFormula[formulaOf[v.StructureID]]
		if c == nil || v.Number == nil || v.Name != "formation_energy_per_atom" || v.Converged == nil || !*v.Converged {
			continue
		}
		if c.FormationEnergyPerAtom == nil || *v.Number < *c.FormationEnergyPerAtom {
			e := *v.Number
			c.FormationEnergyPerAtom, c.BestStructureID = &e, v.StructureID
		}
	}
}

func less(a, b *float64) bool {
	if a == nil || b == nil {
		return a != nil
	}
	return *a < *b
}

func round(f float64, places int) float64 {
	p := math.Pow(10, float64(places))
	return math.Round(f*p) / p
}
