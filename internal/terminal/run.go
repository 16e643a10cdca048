package terminal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/value"
)

// Run is a discovery as its events tell it. It is fed by one goroutine.
type Run struct {
	Status  discovery.Status
	Reason  string
	Details string
	Step    string         // the step a hold is about
	Failure *event.Failure // why it is held
	Usage   event.Usage

	started  time.Time // of the first event
	speaker  string
	thinking time.Time // when the turn under way began; zero when none is
	turn     int
	calls    map[string]*call
	waiting  map[string]string          // task id -> what is waited for
	running  []discovery.RunningCall    // what the server says is in progress
	formulas map[string]string          // structure id -> formula
	values   map[string]string          // value key -> number and unit
	results  map[string]json.RawMessage // call id -> result, for cited values
	energies map[string]int             // call id -> energies shown
}

// call is what is known of a tool call.
type call struct {
	id, tool, subject string
}

// NewRun gives a run of which nothing is known.
func NewRun() *Run {
	return &Run{
		Status: discovery.StatusQueued, calls: map[string]*call{}, waiting: map[string]string{},
		formulas: map[string]string{}, values: map[string]string{}, results: map[string]json.RawMessage{}, energies: map[string]int{},
	}
}

// began gives the time of an event.
func began(e event.Event) time.Time { return time.UnixMicro(int64(e.Timestamp * 1e6)) }

// subject says in a few words what a call works on.
func (r *Run) subject(args map[string]any) string {
	for _, k := range []string{"formula", "compositions", "elements", "structure_id", "structure_ids"} {
		switch v := args[k].(type) {
		case string:
			return r.named(v)
		case []any:
			if k == "structure_ids" && len(v) != 1 {
				return value.Counted(len(v), "structure")
			}
			parts := make([]string, 0, len(v))
			for _, x := range v {
				parts = append(parts, r.named(fmt.Sprint(x)))
			}
			return strings.Join(parts, " ")
		}
	}
	return ""
}

// named gives the formula of a structure id, if it is one that was seen.
func (r *Run) named(s string) string {
	s = Line(s)
	if f := r.formulas[s]; f != "" {
		return f
	}
	return s
}

var citation = regexp.MustCompile(`\{\{\s*v:\s*([^{}\s]+)\s*\}\}`)

var directive = regexp.MustCompile(`\{\{\s*(?:outcome|assume):[^{}]*\}\}`)

// Resolve writes the numbers that a text cites by key. A key whose number is
// not known stays visible as a key; a number is never guessed.
func (r *Run) Resolve(text string) string {
	text = directive.ReplaceAllString(text, "")
	return citation.ReplaceAllStringFunc(text, func(m string) string {
		key := citation.FindStringSubmatch(m)[1]
		if v, ok := r.values[key]; ok {
			return v
		}
		for callID, result := range r.results {
			if path, ok := strings.CutPrefix(key, callID+"."); ok {
				if v, ok := lookup(result, path); ok {
					return v + " [" + key + "]"
				}
			}
		}
		return "[" + key + "]"
	})
}

// lookup finds a number or truth value in a result by its dotted path. Its unit
// is in the schema, not here, so the caller shows the key beside it.
func lookup(result json.RawMessage, path string) (string, bool) {
	var v any
	if json.Unmarshal(result, &v) != nil {
		return "", false
	}
	for _, part := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(x) {
				return "", false
			}
			v = x[i]
		default:
			return "", false
		}
	}
	switch x := v.(type) {
	case float64:
		return Style{}.number(x), true
	case bool:
		return strconv.FormatBool(x), true
	}
	return "", false
}
