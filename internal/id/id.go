// Package id makes and parses the identifiers of CrystaLyse.
//
// A session is a ULID, a discovery is "disc-<ulid>" (and the id of its
// workflow), a step is "t<turn>.llm" or "t<turn>.tool<n>" (and the call_id of a
// tool call), with "c<candidate>." before it in a candidate. Nothing is ever keyed by a Temporal run id: it changes on reset,
// retry and continue-as-new.
package id

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"
)

// DiscoveryPrefix starts every discovery id.
const DiscoveryPrefix = "disc-"

var stepPattern = regexp.MustCompile(`^(?:c([1-9][0-9]{0,8})\.)?t([1-9][0-9]*)\.(llm|tool([1-9][0-9]*))$`)

// New gives a new ULID.
func New() string { return ulid.Make().String() }

// NewDiscovery gives a new discovery id.
func NewDiscovery() string { return DiscoveryPrefix + New() }

// IsULID reports whether s is a ULID as we write them.
func IsULID(s string) bool {
	_, err := ulid.ParseStrict(s)
	return err == nil && s == strings.ToUpper(s)
}

// IsDiscovery reports whether s is the id of a discovery.
func IsDiscovery(s string) bool {
	return strings.HasPrefix(s, DiscoveryPrefix) && IsULID(s[len(DiscoveryPrefix):])
}

var requestPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// RequestRule words what a caller's own id may be.
const RequestRule = "must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -"

// IsRequest reports whether s may be a caller's own id of a request: it goes into
// logs.
func IsRequest(s string) bool { return requestPattern.MatchString(s) }

// LLMStep names the language-model step of a turn (turns count from 1).
func LLMStep(turn int) string { return fmt.Sprintf("t%d.llm", turn) }

// ToolStep names the n-th tool call of a turn (both count from 1).
func ToolStep(turn, n int) string { return fmt.Sprintf("t%d.tool%d", turn, n) }

// CandidateStep names the call of a candidate's stage (both count from 1).
func CandidateStep(candidate, stage int) string {
	return fmt.Sprintf("c%d.%s", candidate, ToolStep(stage, 1))
}

// Step is a parsed step name; Tool is 0 for the language-model step, Candidate
// outside of candidates.
type Step struct{ Candidate, Turn, Tool int }

// ParseStep reads a step name.
func ParseStep(s string) (Step, bool) {
	m := stepPattern.FindStringSubmatch(s)
	if m == nil {
		return Step{}, false
	}
	candidate, err0 := natural(m[1])
	turn, err1 := natural(m[2])
	n, err2 := natural(m[4])
	return Step{Candidate: candidate, Turn: turn, Tool: n}, err0 == nil && err1 == nil && err2 == nil
}

func natural(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	return strconv.Atoi(s)
}

// Less orders steps by turn, then by call; those of candidates come last, by
// candidate.
func (s Step) Less(o Step) bool {
	switch {
	case s.Candidate != o.Candidate:
		return s.Candidate < o.Candidate
	case s.Turn != o.Turn:
		return s.Turn < o.Turn
	}
	return s.Tool < o.Tool
}
