package memory

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// Keeper is what consolidation needs beyond the store. Every step may be done
// again: a second time finds nothing to do.
type Keeper interface {
	// Users gives the users with memories, after the id.
	Users(ctx context.Context, after string, limit int) ([]string, error)
	// Undigested gives closed discoveries without a short-term memory, oldest
	// first; userID "" means of all users.
	Undigested(ctx context.Context, userID string, limit int) ([]Closed, error)
	// Report gives the report of a closed discovery.
	Report(ctx context.Context, userID, discoveryID string) (json.RawMessage, error)
	// Promote makes long-term what is old enough, often used or pinned.
	Promote(ctx context.Context, userID string, now time.Time) (int, error)
	// Twins compares up to limit memories that were not compared yet with those of
	// the same formulas, potentials and outcome, and gives groups of near
	// duplicates, the one to keep first. Compared notes that it is done.
	Twins(ctx context.Context, userID string, similarity float64, limit int) (groups [][]Memory, compared []string, err error)
	Compared(ctx context.Context, userID string, ids []string) error
	// Merge replaces memories by the one that stays.
	Merge(ctx context.Context, userID, keep string, gone []Memory) error
	// Expire forgets working memories whose time is over and unpinned ones whose
	// relevance has decayed away, with a record of each.
	Expire(ctx context.Context, userID string, now time.Time) (int, error)
}

// Closed is a discovery that ended.
type Closed struct{ UserID, SessionID, DiscoveryID, ReportID string }

// Trace is what stays of a memory that was merged into another.
type Trace struct {
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	DiscoveryID string    `json:"discovery_id,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
}

// Traces gives where merged memories came from.
func Traces(list []Memory) []Trace {
	out := make([]Trace, len(list))
	for i, m := range list {
		out[i] = Trace{ID: m.ID, Source: m.Source, DiscoveryID: m.DiscoveryID, CreatedAt: m.CreatedAt}
	}
	return out
}

// Words are the lexemes of a context beside those of the text: formulas whole,
// and an element for every formula that has it, so that "sodium" finds NaFeO2.
func Words(c Context) []string {
	out := []string{}
	for _, f := range c.Formulas {
		out = append(out, strings.ToLower(f))
	}
	for _, e := range c.Elements {
		out = append(out, "el:"+strings.ToLower(e))
	}
	return compact(out)
}

// names of the elements; "lead-free" and "Pb free" mean the same.
var names = func() map[string]string {
	m := map[string]string{}
	for pair := range strings.FieldsSeq(`hydrogen=H helium=He lithium=Li beryllium=Be boron=B carbon=C nitrogen=N oxygen=O fluorine=F sodium=Na magnesium=Mg
aluminium=Al aluminum=Al silicon=Si phosphorus=P sulfur=S sulphur=S chlorine=Cl potassium=K calcium=Ca scandium=Sc titanium=Ti vanadium=V chromium=Cr
manganese=Mn iron=Fe cobalt=Co nickel=Ni copper=Cu zinc=Zn gallium=Ga germanium=Ge arsenic=As selenium=Se bromine=Br rubidium=Rb strontium=Sr yttrium=Y
zirconium=Zr niobium=Nb molybdenum=Mo ruthenium=Ru rhodium=Rh palladium=Pd silver=Ag cadmium=Cd indium=In tin=Sn antimony=Sb tellurium=Te iodine=I
caesium=Cs cesium=Cs barium=Ba lanthanum=La cerium=Ce neodymium=Nd samarium=Sm gadolinium=Gd hafnium=Hf tantalum=Ta tungsten=W rhenium=Re iridium=Ir
platinum=Pt gold=Au mercury=Hg thallium=Tl lead=Pb bismuth=Bi oxide=O oxides=O sulfide=S sulfides=S fluoride=F fluorides=F chloride=Cl chlorides=Cl
bromide=Br iodide=I nitride=N nitrides=N selenide=Se telluride=Te titanate=Ti titanates=Ti`) {
		name, symbol, _ := strings.Cut(pair, "=")
		m[name] = symbol
	}
	return m
}()

// Asked gives the extra lexemes of a question: those of its formulas and of the
// elements it names.
func Asked(text string) []string {
	c := Context{Formulas: FindFormulas(text)}
	for _, f := range c.Formulas {
		c.Elements = append(c.Elements, ElementsOf(f)...)
	}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r != '+' && !isLetter(r) }) {
		if e, ok := names[strings.ToLower(w)]; ok {
			c.Elements = append(c.Elements, e)
		} else if symbols[w] && len(w) == 2 {
			c.Elements = append(c.Elements, w)
		}
	}
	return Words(c)
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// What consolidation goes by.
const (
	OftenUsed      = 3    // uses that make a memory long-term before its time
	Faded          = 0.02 // relevance below which an unpinned memory is forgotten
	TwinSimilarity = 0.97
)
