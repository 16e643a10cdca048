package event

import (
	"fmt"
	"strconv"
	"strings"
)

// ID is the identity of an event: `<discovery>/<gen>/<step>/<attempt>/<n>`, or
// outside of a step `<session or discovery>/<gen>/w/<request>/0`.
type ID struct {
	Subject string // discovery id, or session id
	Gen     int
	Step    string // "t3.llm", or "w/<request id or workflow counter>"
	Attempt int    // absent outside of steps
	N       int
}

const outside = "w/"

// IsOutside reports whether the step is an announcement outside of steps.
func IsOutside(step string) bool { return strings.HasPrefix(step, outside) }

// Outside names the pseudo-step of an announcement made for a request id or by
// a workflow counter.
func Outside(request string) string {
	return outside + strings.ReplaceAll(request, "/", "_")
}

// String writes the id in its one spelling.
func (i ID) String() string {
	if IsOutside(i.Step) {
		return fmt.Sprintf("%s/%d/%s/%d", i.Subject, i.Gen, i.Step, i.N)
	}
	return fmt.Sprintf("%s/%d/%s/%d/%d", i.Subject, i.Gen, i.Step, i.Attempt, i.N)
}

// ParseID reads an id as String writes it.
func ParseID(s string) (ID, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 5 || parts[0] == "" || parts[2] == "" {
		return ID{}, fmt.Errorf("event id %q: want <subject>/<gen>/<step>/<attempt>/<n>", s)
	}
	id := ID{Subject: parts[0], Step: parts[2]}
	var err error
	if id.Gen, err = natural(parts[1]); err != nil {
		return ID{}, fmt.Errorf("event id %q: gen: %w", s, err)
	}
	if parts[2] == "w" {
		if parts[3] == "" {
			return ID{}, fmt.Errorf("event id %q: empty request", s)
		}
		id.Step = outside + parts[3]
	} else if id.Attempt, err = natural(parts[3]); err != nil {
		return ID{}, fmt.Errorf("event id %q: attempt: %w", s, err)
	}
	if id.N, err = natural(parts[4]); err != nil {
		return ID{}, fmt.Errorf("event id %q: n: %w", s, err)
	}
	return id, nil
}

// natural reads a number in its canonical spelling only ("01" and "+1" are not),
// so that one event has one id.
func natural(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || strconv.Itoa(n) != s {
		return 0, fmt.Errorf("%q is not a natural number", s)
	}
	return n, nil
}
