package discovery

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"crystalyse/internal/fault"
)

// Decision is what a policy says of a call.
type Decision string

// The decisions.
const (
	Allow Decision = "allow"
	Ask   Decision = "ask"
	Deny  Decision = "deny"
)

// Rule decides about the tools it names; the first that fits counts.
type Rule struct {
	Tool     string   `json:"tool,omitempty"`   // a name with * and ?; "" fits every tool
	Server   string   `json:"server,omitempty"` // likewise
	AboveS   float64  `json:"above_s,omitempty"`
	Decision Decision `json:"decision"`
}

// Policy decides which calls run, which wait for the user, and which do not run.
// It is data: evaluated in the workflow from the digest of each call, so that a
// replay decides the same.
type Policy struct {
	Rules []Rule `json:"rules,omitempty"`
	// AskAboveS is the estimated wall time, in seconds, above which a call that no
	// rule names waits for the user. Zero never asks.
	AskAboveS float64 `json:"ask_above_s,omitempty"`
	// Servers are those the user configured; tools of others are denied. Empty
	// means that nothing is known about servers, and denies none.
	Servers []string `json:"servers,omitempty"`
	// Remembered are decisions of the user for this session.
	Remembered []Remembered `json:"remembered,omitempty"`
}

// Remembered is a decision that holds for the rest of a session.
type Remembered struct {
	Tool     string   `json:"tool"`
	Decision Decision `json:"decision"`
}

// DefaultAskAbove is the estimated wall time above which a call is asked for.
const DefaultAskAbove = time.Hour

// Digest is what a policy knows of a call.
type Digest struct {
	Tool      string
	Server    string
	EstimateS float64
}

// Decide gives the decision and why.
func (p Policy) Decide(d Digest) (Decision, string) {
	if len(p.Servers) > 0 && !slices.Contains(p.Servers, d.Server) {
		return Deny, fmt.Sprintf("the server %q is not one the user configured", d.Server)
	}
	for _, m := range p.Remembered {
		if m.Tool == d.Tool {
			return m.Decision, "decided by the user for this session"
		}
	}
	for _, r := range p.Rules {
		if fits(r.Tool, d.Tool) && fits(r.Server, d.Server) && d.EstimateS >= r.AboveS {
			return r.Decision, "the policy says " + string(r.Decision) + " for " + d.Tool
		}
	}
	if p.AskAboveS > 0 && d.EstimateS > p.AskAboveS {
		return Ask, fmt.Sprintf("it is estimated to take about %s", time.Duration(d.EstimateS*float64(time.Second)).Round(time.Minute))
	}
	return Allow, ""
}

func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return pattern == "" || err == nil && ok
}

// ParsePolicy reads a policy file and names what is wrong with it.
func ParsePolicy(body []byte) (Policy, error) {
	p := Policy{AskAboveS: DefaultAskAbove.Seconds()}
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fault.Wrap(fault.CodeInvalid, err, "the policy is no JSON object").
			WithHint(`write {"ask_above_s": 3600, "rules": [{"tool": "relax_*", "decision": "ask"}]}`)
	}
	for i, r := range p.Rules {
		field := fmt.Sprintf("rules[%d]", i)
		if r.Decision != Allow && r.Decision != Ask && r.Decision != Deny {
			return p, fault.Invalid(field+".decision", "%q is not allow, ask or deny", r.Decision)
		}
		for _, pattern := range []string{r.Tool, r.Server} {
			if _, err := path.Match(pattern, ""); err != nil {
				return p, fault.Invalid(field, "%q is no pattern", pattern)
			}
		}
	}
	if p.AskAboveS < 0 {
		return p, fault.Invalid("ask_above_s", "is negative")
	}
	p.Servers, p.Remembered = nil, nil
	return p, nil
}
