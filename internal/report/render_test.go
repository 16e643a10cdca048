package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestRender(t *testing.T) {
	t.Parallel()
	text, c := Render("a = {{v:t1.tool1.a}}, twice {{v:t1.tool1.a}}; {{v:t1.tool1.valid}}; {{v:t9.tool1.x_y}} and 5.64 Å.", "", known)
	require.Equal(t, "a = 5.641\u2009Å, twice 5.641\u2009Å; valid; ⟨unresolved: t9.tool1.x_y⟩ and ~~5.64 Å~~ ⚠ unsourced.", text)
	require.Equal(t, Check{Total: 4, Resolved: 3, Unsourced: []string{"t9.tool1.x_y", "5.64 Å"}, Cited: []string{"t1.tool1.a", "t1.tool1.valid"}}, c)
}

func TestRenderKeepsMarkupWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"**5.64** Å":                            "~~**5.64** Å~~ ⚠ unsourced",
		"**5.64 Å**":                            "**~~5.64 Å~~ ⚠ unsourced**",
		"`5.64 Å`":                              "~~`5.64 Å`~~ ⚠ unsourced",
		"5.64 Å{{v:t1.tool1.a}}":                "~~5.64 Å~~ ⚠ unsourced5.641\u2009Å",
		"{{v:t1.tool1.a}}{{v:t1.tool1.a}}":      "5.641\u2009Å5.641\u2009Å",
		"{{v:<script>}}":                        "⟨unresolved: ‹script›⟩",
		"{{v:}}":                                "⟨unresolved: no key⟩",
		"{{v:t1.tool1.a} is it, {v:t1.tool1.a}": "5.641\u2009Å is it, 5.641\u2009Å",
		"":                                      "",
	} {
		got, _ := Render(text, "", known)
		require.Equal(t, want, got, text)
	}
}

func TestQueryMayBeRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, text string
		want        []string
	}{
		{"Find an absorber with a band gap of 1.5 eV", "You asked for a gap of 1.5 eV.", []string{}},
		{"Find an absorber with a band gap of 1.5 eV", "You asked for 1.5 eV; its gap is 1.6 eV.", []string{"1.6 eV"}},
		{"stable at 300 K and 5 GPa", "At 300 K and 5 GPa nothing is known.", []string{}},
		{"a gap of 1.5 electron volts", "about 1.5 eV", []string{}},
		{"Give the band gap of Na3Cl", "It is 3 eV.", []string{"3 eV"}},
		{"Find 5 cathodes", "Its voltage is 5 V.", []string{"5 V"}},
		{"Find 5 cathodes", "The voltage is 5.", []string{"5"}},
		{"a voltage of 5 V", "a bulk modulus of 5 GPa", []string{"5 GPa"}},
		{"space group 225", "You asked for space group 225.", []string{}},
	} {
		require.Equal(t, c.want, flags(c.text, c.query), "%s | %s", c.query, c.text)
	}
}

func TestParseAnswer(t *testing.T) {
	t.Parallel()
	a := ParseAnswer("It is salt.\n\n{{assume:the ground state}}\n{{ assume: at {{v:t1.tool1.a}} }}\n{{assume:}}\n\n{{Outcome: DECLINED}}\n\nBye.")
	require.Equal(t, Answer{Text: "It is salt.\n\nBye.", Declined: true, Assumptions: []string{"the ground state", "at {{v:t1.tool1.a}}"}}, a)
	require.False(t, ParseAnswer("{{outcome:declined}}{{outcome:answered}}").Declined, "the last word counts")
	require.Equal(t, "", ParseAnswer("{{outcome:perhaps}}").Text)
}

// A long hostile text is read to its end, and no mark is lost in it.
func TestRenderLongTexts(t *testing.T) {
	t.Parallel()
	plain := strings.NewReplacer(" ⚠ unsourced", "", "~~", "").Replace
	for _, unit := range []string{"5 ", "5.64 Å ", "`", "*5", "|5", "$5\\", "[1]", "5,", "energy of ", "<a", "&#", "Na2", "\n5.", "five ", "1:"} {
		text := strings.Repeat(unit, 2<<10/len(unit))
		out, _ := Render(text, "", known)
		require.Equal(t, text, plain(out), unit)
	}
}

func FuzzRender(f *testing.F) {
	for _, c := range typed {
		f.Add(c.text, "a gap of 2 eV")
	}
	for _, text := range innocent {
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		out, c := Render(text, query, known)
		require.LessOrEqual(t, c.Resolved, c.Total)
		require.True(t, !utf8.ValidString(text) || utf8.ValidString(out), "a mark never cuts a character")
		if c.Total == 0 && len(c.Unsourced) == 0 {
			require.Equal(t, text, out, "what is not flagged stays as it is")
		}
		if c.Total == 0 {
			plain := strings.NewReplacer(" ⚠ unsourced", "", "~~", "").Replace
			require.Equal(t, plain(text), plain(out), "flags only add marks")
		}
	})
}
