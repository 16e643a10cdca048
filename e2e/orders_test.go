package e2e

import (
	"fmt"
	"net/http"
	"strings"
)

// What the long tests and the measurements ask for.
const (
	chaosSteps = 1500
	chainCalls = 20
)

// orders takes the user's words as orders, one turn each.
func orders(s said) reply {
	last := s.users[len(s.users)-1]
	// A user's order is carried out once: the results of its calls follow it.
	word, rest, _ := strings.Cut(last, " ")
	if first, ok := firstTurns[word]; ok && len(s.results) == 0 {
		return first(rest)
	}
	if word == "fan" {
		return reply{text: "Done: {{v:c1.t4.tool1.h}}."}
	}
	name, held := strings.CutPrefix(last, "hold ")
	if run, ok := strings.CutPrefix(last, "run "); ok && len(s.results) == 0 {
		return reply{calls: []scripted{work(run, chaosSteps, 0), work(run+"x", chaosSteps/2, 0)}}
	}
	if _, ok := strings.CutPrefix(last, "chain "); ok && len(s.results) < chainCalls {
		return reply{calls: []scripted{work(fmt.Sprintf("%s%d", strings.Fields(last)[1], len(s.results)), 1, 0)}}
	}
	switch {
	case held && len(s.results) == 0:
		return reply{calls: []scripted{work(name, 10, 5)}}
	case strings.Contains(last, "two") && len(s.results) == 0:
		return reply{calls: []scripted{work("a", 10, 5), work("b", 5, 0)}}
	case strings.Contains(last, "ask me") && len(s.results) == 2:
		return reply{calls: []scripted{{"ask_user", map[string]any{"question": "which phase?", "options": []string{"cubic", "tetragonal"}, "default": "cubic"}}}}
	case strings.Contains(last, "ask me") && len(s.results) == 3:
		return reply{calls: []scripted{{"costly", map[string]any{"name": "c", "steps": 3}}}}
	case strings.Contains(last, "another") && len(s.results) == 2:
		return reply{calls: []scripted{work("d", 4, 0)}}
	case strings.Contains(last, "long") && len(s.results) == 0:
		return reply{calls: []scripted{work("long", 10, 5)}}
	}
	return reply{text: "Done: {{v:t1.tool1.e}}."}
}

// firstTurns are what the model does first for what a query begins with.
var firstTurns = map[string]func(name string) reply{
	// It speaks, waits, and then has a call made.
	"talk": func(name string) reply {
		return reply{text: "First I compute it, then I tell you.", hold: name, calls: []scripted{work(name+"t", 10, 0)}}
	},
	"fan": func(name string) reply {
		formulas := make([]string, fanWidth)
		for i := range formulas {
			formulas[i] = fmt.Sprintf("%s-%d", name, i)
		}
		return reply{calls: []scripted{{"evaluate_candidates", map[string]any{"compositions": formulas}}}}
	},
	"big": func(name string) reply {
		return reply{calls: []scripted{{"work", map[string]any{"name": name, "steps": 10, "bytes": 3 << 20}}}}
	},
	"crash": func(name string) reply {
		return reply{calls: []scripted{{"work", map[string]any{"name": name, "steps": 10, "crash": true}}}}
	},
	"costly": func(name string) reply {
		return reply{calls: []scripted{{"costly", map[string]any{"name": name, "steps": 10}}}}
	},
	"ask": func(string) reply {
		return reply{calls: []scripted{{"ask_user", map[string]any{"question": "which?", "options": []string{"a", "b"}, "default": "a"}}}}
	},
	"down":    func(string) reply { return reply{wire: refuse(http.StatusInternalServerError, "")} },
	"refused": func(string) reply { return reply{wire: refuse(http.StatusUnauthorized, "")} },
}

// fanWidth is how many candidates a fan-out of these tests has.
const fanWidth = 8

// refuse answers a request for a reply with an error.
func refuse(status int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, `{"error":{"message":"not now"}}`)
	}
}
