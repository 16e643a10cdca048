package report

import (
	"fmt"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/value"
)

// Markdown writes the report for people: the answer first, then where each
// number comes from.
func Markdown(r Report) string {
	var b strings.Builder
	head(&b, r)
	b.WriteString(harmless(r.Summary) + "\n\n")
	if len(r.Assumptions) > 0 {
		b.WriteString("## Assumptions\n\n")
		for _, a := range r.Assumptions {
			fmt.Fprintf(&b, "- %s\n", inline(a))
		}
		b.WriteString("\n")
	}
	compositionTable(&b, r)
	candidateTable(&b, r)
	structureTable(&b, r)
	valueTable(&b, r)
	checks(&b, r)
	callList(&b, r)
	return b.String()
}

func head(b *strings.Builder, r Report) {
	title := inline(r.Query)
	if runes := []rune(title); len(runes) > 160 {
		title = string(runes[:160]) + "…"
	}
	fmt.Fprintf(b, "# %s\n\n**%s** · %s mode · %s · %s\n\n", title, strings.ReplaceAll(string(r.Status), "_", " "), r.Mode,
		answeredBy(r.Agent), r.EndedAt.UTC().Format("2006-01-02 15:04 MST"))
	if r.Details != "" {
		fmt.Fprintf(b, "_%s_\n\n", inline(r.Details))
	}
}

// answeredBy names the model; there is none where a discovery ended before it had
// one.
func answeredBy(a discovery.Agent) string {
	if a.Model == "" {
		return "no model"
	}
	return fmt.Sprintf("%s (%s)", inline(a.Model), inline(a.Provider))
}

// Sourced words the provenance check in one line.
func Sourced(v Validation) string {
	s := fmt.Sprintf("%d of %d cited numbers resolve to a tool's result", v.ValuesResolved, v.ValuesTotal)
	if len(v.Unsourced) > 0 {
		s += fmt.Sprintf("; %d unsourced: %s", len(v.Unsourced), inline(strings.Join(v.Unsourced, ", ")))
	}
	return s + "."
}

func compositionTable(b *strings.Builder, r Report) {
	if len(r.Compositions) == 0 {
		return
	}
	b.WriteString("## Compositions\n\n| formula | verdict | balancing oxidation states | call |\n|---|---|---|---|\n")
	for _, c := range r.Compositions {
		verdict := "not applicable"
		if c.Valid != nil {
			verdict = map[bool]string{true: "valid", false: "not valid"}[*c.Valid]
		}
		if c.MixedValence {
			verdict += " (mixed valence)"
		}
		why := c.Assignment
		if why == "" {
			why = c.Reason
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", Formula(c.Formula), verdict, orDash(why), link(c.CallID))
	}
	b.WriteString("\n")
}

func candidateTable(b *strings.Builder, r Report) {
	if len(r.Candidates) == 0 {
		return
	}
	b.WriteString("## Candidates\n\n| formula | structures tried | energy of the best | formation energy | stability | best structure |\n|---|---|---|---|---|---|\n")
	for _, c := range r.Candidates {
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s |\n", Formula(c.Formula), c.Tried, quantity(c.EnergyPerAtom, "eV/atom"),
			quantity(c.FormationEnergyPerAtom, "eV/atom"), orDash(c.Verdict), code(c.BestStructureID))
	}
	b.WriteString("\n")
}

func structureTable(b *strings.Builder, r Report) {
	if len(r.Structures) == 0 {
		return
	}
	b.WriteString("## Structures\n\n| id | formula | atoms | space group | a, b, c | α, β, γ | cell | from |\n|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.Structures {
		group, shown, which := "–", s.Lattice, "as computed"
		if s.SpaceGroup != nil {
			group = fmt.Sprintf("%s (%d) at %g Å", SpaceGroupSymbol(s.SpaceGroup.Symbol), s.SpaceGroup.Number, s.SpaceGroup.Symprec)
		}
		if s.Conventional != nil {
			shown, which = s.Conventional.Lattice, "conventional"
		}
		from := s.Origin
		if s.Label != "" {
			from += ", " + s.Label
		}
		fmt.Fprintf(b, "| %s | %s | %d | %s | %.3f, %.3f, %.3f Å | %.2f, %.2f, %.2f° | %s | %s |\n", code(s.ID), Formula(s.Formula), s.NAtoms, group,
			shown.A, shown.B, shown.C, shown.Alpha, shown.Beta, shown.Gamma, which, orDash(from))
	}
	b.WriteString("\n")
}

// valueTable is the provenance of every number shown.
func valueTable(b *strings.Builder, r Report) {
	if len(r.Values) == 0 {
		return
	}
	b.WriteString("## Values\n\nEvery number, the call that computed it and the potential it belongs to.\n\n" +
		"| key | name | value | material | potential | converged | call |\n|---|---|---|---|---|---|---|\n")
	for _, v := range r.Values {
		p := "–"
		if v.Potential != nil {
			p = strings.TrimSpace(v.Potential.Name + " " + v.Potential.Version)
			if sha := v.Potential.CheckpointSHA256; sha != "" {
				p += fmt.Sprintf(" (%.8s)", sha)
			}
			if level := v.Potential.EnergyLevel; level != "" {
				p += ", " + level
			}
		}
		converged := "–"
		if v.Converged != nil {
			converged = map[bool]string{true: "yes", false: "**no**"}[*v.Converged]
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s by %s |\n", code(v.Key), orDash(strings.ReplaceAll(v.Name, "_", " ")), inline(shown(v)), Formula(v.Formula),
			orDash(p), converged, link(v.CallID), inline(v.Tool))
	}
	b.WriteString("\n")
}

// shown formats a value, also one that was read back from JSON.
func shown(n Number) string {
	v := n.Value
	switch x := n.V.(type) {
	case float64:
		v.Number, v.Bool = &x, nil
	case bool:
		v.Number, v.Bool = nil, &x
	}
	return value.Format(v)
}

func quantity(f *float64, unit string) string {
	if f == nil {
		return "–"
	}
	return value.Format(value.Value{Number: f, Unit: unit})
}

func checks(b *strings.Builder, r Report) {
	fmt.Fprintf(b, "## Checks\n\n%s\n\n", Sourced(r.Validation))
	u := r.Usage
	fmt.Fprintf(b, "%d tokens in, %d out, %s, %.1f s", u.TokensIn, u.TokensOut, value.Counted(u.ToolCalls, "tool call"), u.WallS)
	if u.Cost != nil {
		fmt.Fprintf(b, ", cost %.4f", *u.Cost)
	}
	if r.Agent.PromptSHA256 != "" {
		fmt.Fprintf(b, ". Prompt %.8s", r.Agent.PromptSHA256)
	}
	b.WriteString(".\n\n")
}

func callList(b *strings.Builder, r Report) {
	if len(r.Calls) == 0 {
		return
	}
	b.WriteString("## Calls\n\n")
	for _, c := range r.Calls {
		fmt.Fprintf(b, "<a id=\"%s\"></a>**%s** %s on %s %s: %s in %.1f s", anchor(c.ID), inline(c.ID), code(c.Tool), inline(c.Server), inline(c.ToolVersion), c.Status, c.DurationS)
		if c.Attempts > 1 {
			fmt.Fprintf(b, ", %d attempts", c.Attempts)
		}
		if c.ResumedFromStep != nil {
			fmt.Fprintf(b, ", resumed from step %d", *c.ResumedFromStep)
		}
		fmt.Fprintf(b, "  \n%s\n\n", code(string(c.Arguments)))
		if c.Error != nil {
			fmt.Fprintf(b, "> %s\n\n", inline(c.Error.Message))
		}
	}
}
