package fold

import (
	"cmp"
	"slices"
	"strings"

	"crystalyse/internal/event"
	"crystalyse/internal/id"
)

// drop says that generations below gen are gone from a step on.
type drop struct {
	gen  int
	from string
}

// covers reports whether the rule hides what generation gen of the step showed.
// The calls of candidates stand until they are made again: their names do not
// say which turn fanned out, so a later turn's new start must not hide them.
func (d drop) covers(step string, gen int) bool {
	s, ok := id.ParseStep(step)
	from, _ := id.ParseStep(d.from)
	return ok && gen < d.gen && s.Candidate == from.Candidate && compareSteps(step, d.from) >= 0
}

// compareSteps orders by turn, the language model before its calls, the calls by
// number; those of candidates after them, by candidate; steps of another
// spelling come last, by name.
func compareSteps(a, b string) int {
	x, okX := id.ParseStep(a)
	y, okY := id.ParseStep(b)
	switch {
	case okX && okY:
		return cmp.Or(cmp.Compare(x.Candidate, y.Candidate), cmp.Compare(x.Turn, y.Turn), cmp.Compare(x.Tool, y.Tool))
	case okX:
		return -1
	case okY:
		return 1
	}
	return strings.Compare(a, b)
}

// step shows one step: its newest generation that is not dropped; in it the
// attempt that ended, or else the newest one.
func step(name string, events []event.Event, drops []drop, complete bool) (Step, bool) {
	gen := -1
	for _, e := range events {
		g := idOf(e).Gen
		if slices.ContainsFunc(drops, func(d drop) bool { return d.covers(name, g) }) {
			continue
		}
		gen = max(gen, g)
	}
	if gen < 0 {
		return Step{}, false
	}
	s := Step{Step: name, Gen: gen, Events: []string{}, Notes: []string{}}
	events = slices.DeleteFunc(slices.Clone(events), func(e event.Event) bool { return idOf(e).Gen != gen })
	for _, e := range events {
		if ends(e.Type) && !s.Ended {
			s.Attempt, s.Ended = idOf(e).Attempt, true
		}
	}
	failed := map[int]bool{}
	for _, e := range events {
		if !s.Ended {
			s.Attempt = max(s.Attempt, idOf(e).Attempt)
		}
		if e.Type == event.TypeError {
			failed[idOf(e).Attempt] = true
		}
	}
	s.fill(events, s.Ended || complete || failed[s.Attempt])
	return s, true
}

// ends reports whether a type closes its step.
func ends(t event.Type) bool { return t == event.TypeReasoningEnd || t == event.TypeToolCallResult }

// fill shows the events of the step's attempt; rest leaves out what is live only.
func (s *Step) fill(events []event.Event, rest bool) {
	var pieces []event.ReasoningUpdate
	live := &Live{Tasks: map[string]event.TaskProgress{}, Frames: map[string]int{}}
	heard := false
	for _, e := range events {
		if e.Type == event.TypeError || e.Type == event.TypeAttemptSuperseded {
			s.Notes = append(s.Notes, e.ID)
			continue
		}
		if idOf(e).Attempt != s.Attempt {
			continue
		}
		if event.Durable(e.Type) {
			s.Events = append(s.Events, e.ID)
		} else if rest {
			continue
		}
		switch p := decoded(e).(type) {
		case event.ReasoningEnd:
			s.Text = p.Text
		case event.ReasoningUpdate:
			pieces, heard = append(pieces, p), true
		case event.ToolCallProgress:
			live.Progress, heard = &p, true
		case event.TaskProgress:
			live.Tasks[p.TaskID], heard = p, true
		case event.StructureUpdated:
			live.Frames[p.StructureID], heard = max(live.Frames[p.StructureID], p.Frame), true
		case event.UsageUpdate:
			live.Usage, heard = &p.Usage, true
		}
	}
	if heard {
		s.Live = live
		s.join(pieces)
	}
}

// join writes the pieces of a live text one after the other.
func (s *Step) join(pieces []event.ReasoningUpdate) {
	slices.SortStableFunc(pieces, func(a, b event.ReasoningUpdate) int { return cmp.Compare(a.Offset, b.Offset) })
	end := 0
	for _, p := range pieces {
		if p.Offset > end {
			s.Hole = true
		}
		s.Text += p.Content
		end = p.Offset + len([]rune(p.Content))
	}
}
