// Package memory is what a user's earlier work left behind: working memories of
// a session, short-term ones of the last seven days, and long-term ones that
// were consolidated. A memory is quoted data wherever it is read, never an
// instruction, and belongs to one user.
package memory

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"crystalyse/internal/fault"
)

// Type is the layer of a memory.
type Type string

// The layers.
const (
	Working   Type = "working"    // this session
	ShortTerm Type = "short_term" // the last seven days
	LongTerm  Type = "long_term"  // consolidated, kept until forgotten
)

// Types are all layers.
var Types = []Type{Working, ShortTerm, LongTerm}

// Limits of what is stored and asked.
const (
	MaxContent   = 8 << 10 // bytes
	MaxContext   = 16 << 10
	MaxQuery     = 2 << 10
	MaxLimit     = 100
	DefaultLimit = 10
	ShortTermAge = 7 * 24 * time.Hour
)

// Memory is one entry.
type Memory struct {
	ID          string          `json:"id"`
	UserID      string          `json:"-"`
	SessionID   string          `json:"session_id"`
	DiscoveryID string          `json:"discovery_id,omitempty"`
	Source      string          `json:"source"` // what it was made from; the same source makes one memory
	Type        Type            `json:"type"`
	Content     string          `json:"content"`
	Context     Context         `json:"context"`
	Metadata    json.RawMessage `json:"metadata"`
	Pinned      bool            `json:"pinned"`
	Uses        int             `json:"uses"`
	// EmbeddingModel is "" until the memory is embedded.
	EmbeddingModel string    `json:"embedding_model"`
	Relevance      float64   `json:"relevance_score"` // now: it decays, and use refreshes it
	CreatedAt      time.Time `json:"created_at"`
	AccessedAt     time.Time `json:"accessed_at"`
}

// Context says what a memory is about, so that it can be found by it and told
// apart from one that only reads alike.
type Context struct {
	Formulas     []string `json:"formulas,omitempty"`
	Elements     []string `json:"elements,omitempty"`
	StructureIDs []string `json:"structure_ids,omitempty"`
	Values       []string `json:"values,omitempty"`     // keys, with their discovery
	Potentials   []string `json:"potentials,omitempty"` // "CHGNet 0.3.0"
	Calls        []string `json:"calls,omitempty"`
	Outcome      string   `json:"outcome,omitempty"` // found | nothing found | recalled | failed | asked | the status of a discovery that was not completed
}

// HalfLife is the time in which an unused memory loses half of its relevance.
const HalfLife = 30 * 24 * time.Hour

// Decayed gives the relevance of a memory at a moment. A pinned one keeps it.
func Decayed(score float64, pinned bool, accessed, now time.Time) float64 {
	if pinned {
		return 1
	}
	age := max(0, now.Sub(accessed))
	return score * math.Exp2(-float64(age)/float64(HalfLife))
}

// Refreshed gives the relevance after a use.
func Refreshed(now float64) float64 { return math.Min(1, now+0.25) }

// Draft is a memory to be written.
type Draft struct {
	SessionID   string          `json:"session_id"`
	DiscoveryID string          `json:"-"`
	Source      string          `json:"-"`
	Type        Type            `json:"type"`
	Content     string          `json:"content"`
	Context     Context         `json:"context"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Pinned      bool            `json:"pinned,omitempty"`
	// Digests says that this is what stays of the discovery: an earlier digest of
	// it is superseded, and the working memories it stands for are named.
	Digests bool `json:"-"`
}

// Normalize checks a draft, fills its defaults and names what is wrong.
func (d Draft) Normalize() (Draft, error) {
	var err error
	if d.Content, err = CheckContent(d.Content); err != nil {
		return d, err
	}
	if d.Type == "" {
		d.Type = ShortTerm
	}
	if !slices.Contains(Types, d.Type) {
		return d, fault.Invalid("type", "%q is unknown", clip(string(d.Type))).WithHint("use working, short_term or long_term")
	}
	if len(d.Metadata) == 0 {
		d.Metadata = json.RawMessage(`{}`)
	}
	var object map[string]any
	if json.Unmarshal(d.Metadata, &object) != nil || object == nil {
		return d, fault.Invalid("metadata", "must be an object")
	}
	if len(d.Metadata) > MaxContext {
		return d, fault.Invalid("metadata", "is %d bytes long; at most %d are accepted", len(d.Metadata), MaxContext)
	}
	if d.Context, err = d.Context.Normalize(d.Content); err != nil {
		return d, err
	}
	return d, nil
}

// CheckContent gives the content trimmed, or says what is wrong with it.
func CheckContent(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return s, fault.Invalid("content", "is empty").WithHint("say in a sentence what should be remembered")
	case len(s) > MaxContent:
		return s, fault.Invalid("content", "is %d bytes long; at most %d are accepted", len(s), MaxContent).WithHint("remember the finding, not the data; data has its structure and call ids")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, binary):
		return s, fault.Invalid("content", "is not text")
	}
	return s, nil
}

func binary(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}

// Normalize checks a context and adds the formulas that the content names.
func (c Context) Normalize(content string) (Context, error) {
	for field, list := range map[string][]string{"formulas": c.Formulas, "elements": c.Elements, "structure_ids": c.StructureIDs, "values": c.Values, "potentials": c.Potentials, "calls": c.Calls} {
		if len(list) > 200 {
			return c, fault.Invalid("context."+field, "has %d entries; at most 200 are accepted", len(list))
		}
		for _, s := range list {
			if s == "" || len(s) > 200 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				return c, fault.Invalid("context."+field, "holds an entry that is not a text of 1 to 200 bytes")
			}
		}
	}
	if len(c.Formulas) == 0 {
		c.Formulas = FindFormulas(content)
	}
	c.Formulas = compact(c.Formulas)
	elements := slices.Clone(c.Elements)
	for _, f := range c.Formulas {
		elements = append(elements, ElementsOf(f)...)
	}
	c.Elements = compact(elements)
	return c, nil
}

func compact(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	formulaPattern = regexp.MustCompile(`\b(?:[A-Z][a-z]?\d*(?:\.\d+)?|\((?:[A-Z][a-z]?\d*)+\)\d*){2,}`)
	elementPattern = regexp.MustCompile(`[A-Z][a-z]?`)
)

// symbols of the elements that crystals are made of.
var symbols = func() map[string]bool {
	m := map[string]bool{}
	for s := range strings.FieldsSeq(`H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo
Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu`) {
		m[s] = true
	}
	return m
}()

// ElementsOf gives the elements of a formula, nil when it is none.
func ElementsOf(formula string) []string {
	found := elementPattern.FindAllString(formula, -1)
	for _, e := range found {
		if !symbols[e] {
			return nil
		}
	}
	return compact(found)
}

// FindFormulas gives the chemical formulas of a text. Words in capitals that
// read as elements too ("NO", "COS") need a digit or a small letter to count.
func FindFormulas(text string) []string {
	var out []string
	for _, at := range formulaPattern.FindAllStringIndex(text, -1) {
		s := text[at[0]:at[1]]
		if at[1] < len(text) && isWord(text[at[1]]) || at[0] > 0 && text[at[0]-1] == '-' {
			continue // a piece of a longer word
		}
		if len(ElementsOf(s)) >= 2 && (strings.ContainsAny(s, "0123456789") || strings.ToUpper(s) != s) {
			out = append(out, s)
		}
	}
	return compact(out)
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_'
}
