// Package fold is the reference of how a viewer folds events into what it
// shows: the rules of docs/wire.md ("The fold") and no more. Tests use it to
// judge deliveries; the page has its own fold in TypeScript and must agree with
// it on every fixture of internal/event/testdata/fold.
//
// The fold is a set of events and a view of that set, so it does not matter in
// which order, in how many pieces or how often events arrive.
package fold

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"crystalyse/internal/event"
)

// Fold collects events. The zero value is not usable; see New.
type Fold struct {
	seen map[string]event.Event
}

// New gives an empty fold.
func New() *Fold { return &Fold{seen: map[string]event.Event{}} }

// Of folds a list of events.
func Of(events ...event.Event) State {
	f := New()
	for _, e := range events {
		f.Add(e)
	}
	return f.State()
}

// Add takes one event; one that is known already changes nothing.
func (f *Fold) Add(e event.Event) {
	if _, known := f.seen[e.ID]; !known {
		f.seen[e.ID] = e
	}
}

// Has reports whether the event was added.
func (f *Fold) Has(id string) bool { _, ok := f.seen[id]; return ok }

// State is what a viewer shows.
type State struct {
	Session     Session     `json:"session"`
	Discoveries []Discovery `json:"discoveries"` // by id
}

// Session is the conversation.
type Session struct {
	Title string `json:"title"`
	Alias string `json:"alias"`
	Ended string `json:"ended"` // the reason; "" while it is open
}

// Discovery is one request.
type Discovery struct {
	ID       string   `json:"id"`
	Status   string   `json:"status"`
	Reason   string   `json:"reason"`
	Gen      int      `json:"gen"` // the newest
	Complete bool     `json:"complete"`
	Summary  string   `json:"summary"`
	Steps    []Step   `json:"steps"`   // in step order
	Outside  []string `json:"outside"` // ids of the durable events outside of steps, by ord
}

// Step is one step as shown: one attempt of one generation.
type Step struct {
	Step    string   `json:"step"`
	Gen     int      `json:"gen"`
	Attempt int      `json:"attempt"`
	Ended   bool     `json:"ended"`
	Events  []string `json:"events"` // ids of its durable events, by ord
	Notes   []string `json:"notes"`  // errors and superseded attempts, of any attempt, by ord
	Text    string   `json:"text"`   // of a language-model turn: full at its end, live before
	Hole    bool     `json:"hole"`   // a piece of the live text is missing
	Live    *Live    `json:"live"`   // null when nothing live is to be shown
}

// Live is what only live events tell of a step that runs.
type Live struct {
	Progress *event.ToolCallProgress       `json:"progress"`
	Tasks    map[string]event.TaskProgress `json:"tasks"`
	Frames   map[string]int                `json:"frames"` // structure id -> newest frame
	Usage    *event.Usage                  `json:"usage"`
}

// State gives the view.
func (f *Fold) State() State {
	st := State{Discoveries: []Discovery{}}
	byDiscovery := map[string][]event.Event{}
	deleted := map[string]bool{}
	for _, e := range f.seen {
		switch p := decoded(e).(type) {
		case event.SessionStart:
			st.Session.Title, st.Session.Alias = p.Title, p.Alias
		case event.SessionEnd:
			st.Session.Ended = p.Reason
		case event.DiscoveryDeleted:
			deleted[p.DiscoveryID] = true
		default:
			if d := e.Metadata.DiscoveryID; d != "" {
				byDiscovery[d] = append(byDiscovery[d], e)
			}
		}
	}
	for _, did := range slices.Sorted(maps.Keys(byDiscovery)) {
		if deleted[did] {
			continue
		}
		events := byDiscovery[did]
		slices.SortFunc(events, before)
		st.Discoveries = append(st.Discoveries, discovery(did, events))
	}
	return st
}

// before orders durable events by ord, then live ones by their place in their
// attempt.
func before(a, b event.Event) int {
	x, y := idOf(a), idOf(b)
	switch {
	case a.Metadata.Ord > 0 && b.Metadata.Ord > 0:
		return cmp.Compare(a.Metadata.Ord, b.Metadata.Ord)
	case a.Metadata.Ord > 0:
		return -1
	case b.Metadata.Ord > 0:
		return 1
	}
	return cmp.Or(strings.Compare(x.Step, y.Step), cmp.Compare(x.Attempt, y.Attempt), cmp.Compare(x.N, y.N))
}

// reopened is the status by which a closed discovery begins again; nothing else
// that is said after its end counts.
const reopened = "queued"

func discovery(did string, events []event.Event) Discovery {
	d := Discovery{ID: did, Steps: []Step{}, Outside: []string{}}
	drops := []drop{}
	steps := map[string][]event.Event{}
	for _, e := range events {
		if step := e.Metadata.Step; step != "" {
			steps[step] = append(steps[step], e)
			continue
		}
		d.Outside = append(d.Outside, e.ID)
		switch p := decoded(e).(type) {
		case event.DiscoveryStatus:
			if d.Complete && p.Status == reopened {
				d.Complete, d.Summary = false, ""
			}
			if !d.Complete {
				d.Status, d.Reason = p.Status, p.Reason
			}
			d.Gen = max(d.Gen, p.Gen)
			if p.FromStep != "" {
				drops = append(drops, drop{p.Gen, p.FromStep})
			}
		case event.DiscoveryComplete:
			d.Status, d.Reason, d.Complete, d.Summary = p.Status, "", true, p.Summary
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(steps), compareSteps) {
		if s, shown := step(name, steps[name], drops, d.Complete); shown {
			d.Steps = append(d.Steps, s)
		}
	}
	return d
}

func decoded(e event.Event) event.Payload {
	p, err := event.Decode(e)
	if err != nil {
		return nil // a type of a later version: kept by id, not understood
	}
	return p
}

func idOf(e event.Event) event.ID {
	id, err := event.ParseID(e.ID)
	if err != nil {
		return event.ID{Subject: e.ID}
	}
	return id
}

// JSON gives the state in its one spelling, to compare two.
func (s State) JSON() string {
	out, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(out)
}
