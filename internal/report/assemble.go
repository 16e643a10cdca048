package report

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
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
	"lattice_c": true, "lattice_alpha": true, "lattice_beta": true, "lattice_gamma": true, "space_group_number": true, "volume_per_atom": true,
	"bulk_modulus": true, "gravimetric_capacity": true, "average_voltage": true, "composition_valid": true,
}

// Input is everything a report is made of.
type Input struct {
	Discovery  discovery.Discovery
	Calls      []discovery.Call
	Values     []value.Value
	Earlier    []value.Value // of other discoveries, cited with their id
	Memories   []string      // ids of the memories that were used
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
	for _, v := range in.Earlier {
		lookup[v.Key] = v
	}
	r.MemoriesUsed = append(r.MemoriesUsed, in.Memories...)
	// What the user asked and what the program says of the end may be repeated.
	said := d.Query + "\n\n" + in.Details
	words := toolWords(in.Calls)
	var check Check
	r.Summary, check = render(answer.Text, said, words, lookup, value.Format)
	r.SummaryCited, _ = render(answer.Text, said, words, lookup, keepCitation)
	for i, a := range r.Assumptions {
		var c Check
		r.Assumptions[i], c = render(a, said, words, lookup, value.Format)
		check.add(c)
	}
	r.Validation = Validation{ValuesTotal: check.Total, ValuesResolved: check.Resolved, Unsourced: check.Unsourced}
	r.Values = append(numbers(in.Values, check.Cited), citedOnly(in.Earlier, check.Cited)...)
	for _, c := range in.Calls {
		r.Calls = append(r.Calls, Call{
			ID: c.ID, Tool: c.Tool, Server: c.Server, ToolVersion: c.ToolVersion, Arguments: c.Arguments, Status: c.Status, Error: c.Error,
			Attempts: c.Attempts, ResumedFromStep: c.ResumedFromStep, ReusedFrom: c.ReusedFrom, StartedAt: c.StartedAt, DurationS: round(c.DurationS, 3)})
		r.Compositions = append(r.Compositions, compositions(c)...)
	}
	r.Structures = structures(in.Structures, in.Calls)
	relaxedBy(r.Values, r.Structures, in.Values)
	r.Candidates = candidates(r.Structures, in.Values)
	placeOnHulls(r.Candidates, in.Calls)
	return r
}

// citedOnly gives the values of other discoveries that the text stands on.
func citedOnly(values []value.Value, cited []string) []Number {
	kept := slices.DeleteFunc(slices.Clone(values), func(v value.Value) bool { return !slices.Contains(cited, v.Key) })
	return numbers(kept, cited)
}

func numbers(values []value.Value, cited []string) []Number {
	isCited := map[string]bool{}
	for _, k := range cited {
		isCited[k] = true
	}
	out := []Number{}
	for _, v := range values {
		if !isCited[v.Key] && (!canonical[v.Name] || isAside(v)) {
			continue
		}
		n := Number{Value: v}
		if v.Number != nil && !math.IsNaN(*v.Number) && !math.IsInf(*v.Number, 0) {
			n.V = *v.Number
		} else if v.Bool != nil {
			n.V = *v.Bool
		}
		out = append(out, n)
	}
	return out
}

// isAside reports whether a value is beside what its tool was asked for: it
// describes a structure that a search made, belongs to another tolerance of a
// symmetry scan than the reported one, or is a symmetry that a relaxation notes
// in passing. Such are many, and of no interest unless somebody cites them.
func isAside(v value.Value) bool {
	if v.Name == "space_group_number" && v.Potential != nil {
		return true
	}
	return strings.HasPrefix(v.Field, "structures.") || strings.HasPrefix(v.Field, "scan.")
}

// relaxedBy names the potential that relaxed a structure beside the numbers that
// another tool read off it: a lattice parameter of such a cell is the potential's.
func relaxedBy(out []Number, structures []Structure, all []value.Value) {
	relaxed, by := map[string]bool{}, map[string]*value.Potential{}
	for _, s := range structures {
		relaxed[s.ID] = s.Origin == "relaxed"
	}
	for _, v := range all {
		// Another potential may have looked at it later, the first one made it.
		if v.Potential != nil && relaxed[v.StructureID] && by[v.StructureID] == nil {
			by[v.StructureID] = v.Potential
		}
	}
	for i := range out {
		if out[i].Potential == nil {
			out[i].Potential = by[out[i].StructureID]
		}
	}
}

// verdict is what the report reads of an item of a validity check.
type verdict struct {
	Formula         string         `json:"formula"`
	Input           string         `json:"input"`
	Valid           *bool          `json:"valid"`
	Applicable      *bool          `json:"applicable"`
	OxidationStates map[string]any `json:"oxidation_states"`
	Assignment      string         `json:"assignment"`
	MixedValence    bool           `json:"mixed_valence"`
	Reason          string         `json:"reason"`
	Error           string         `json:"error"`
}

// compositions reads the verdicts of a validity check: results whose items
// carry a formula and whether it is valid. A malformed item is left out alone.
func compositions(c discovery.Call) []Composition {
	var res struct {
		Items []json.RawMessage `json:"items"`
	}
	if c.Status != tool.StatusOK || json.Unmarshal(c.Result, &res) != nil {
		return nil
	}
	out := []Composition{}
	for _, raw := range res.Items {
		var fields map[string]json.RawMessage
		var i verdict
		if json.Unmarshal(raw, &fields) != nil || json.Unmarshal(raw, &i) != nil || fields["valid"] == nil {
			continue
		}
		if i.Formula == "" {
			i.Formula = i.Input
		}
		if i.Formula == "" {
			continue
		}
		if i.Reason == "" {
			i.Reason = i.Error
		}
		comp := Composition{Formula: i.Formula, Valid: i.Valid, Applicable: i.Valid != nil, OxidationStates: i.OxidationStates,
			Assignment: i.Assignment, MixedValence: i.MixedValence, Reason: i.Reason, CallID: c.ID}
		if i.Applicable != nil {
			comp.Applicable = *i.Applicable
		}
		out = append(out, comp)
	}
	return out
}

func round(f float64, places int) float64 {
	p := math.Pow(10, float64(places))
	return math.Round(f*p) / p
}
