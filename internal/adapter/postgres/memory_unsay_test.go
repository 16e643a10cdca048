package postgres

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/memory"
)

// TestUnsaid: words are found however they were encoded, and nothing else of a
// document changes.
func TestUnsaid(t *testing.T) {
	t.Parallel()
	const text = "the \"Xenotime\" route <900 °C> is a dead end\nfor good 💎"
	var w words
	w.add(text)
	w.add(strings.Join(strings.Fields(text), " "))
	html, err := json.Marshal(text)
	require.NoError(t, err)
	nested, err := json.Marshal(map[string]any{"content": text, "n": 1})
	require.NoError(t, err)
	twice, err := json.Marshal(map[string]any{"arguments": string(nested), "big": json.Number("12345678901234567890.10")})
	require.NoError(t, err)
	for name, doc := range map[string]string{
		"AsGoEncodes":     `{"a":` + string(html) + `}`,
		"AsPythonEncodes": `{"a":"` + ascii(string(html[1:len(html)-1])) + `"}`,
		"InArguments":     string(twice),
		"AsReadFromJSON":  `{"said":` + jsonString(t, "I read: "+string(html)) + `}`,
		"InALine":         `["` + `the \"Xenotime\" route <900 °C> is a dead end for good 💎` + `"]`,
		"StruckOut":       `["I read: ` + `the \"Xenotime\" route <~~900 °C~~ ⚠ unsourced> is a dead end for good 💎, twice: the \"Xenotime\" route <~~900~~ ⚠ unsourced °C> is a dead end for good 💎; and ~~7~~ ⚠ unsourced."]`,
		"Shortened":       `["` + `Remember that the \"Xenotime\" route <900 °C> is…` + `"]`,
	} {
		left := w.withoutInJSON(doc)
		require.True(t, json.Valid([]byte(left)), name)
		require.NotContains(t, left, "Xenotime", name)
		require.Contains(t, left, memory.Tombstone, name)
	}
	require.Contains(t, w.withoutInJSON(string(twice)), "12345678901234567890.10")
	var n words
	n.add("Xenotime melts at 900")
	require.Equal(t, `["I read: (forgotten), and ~~7~~ ⚠ unsourced"]`, n.withoutInJSON(`["I read: Xenotime melts at ~~900~~ ⚠ unsourced, and ~~7~~ ⚠ unsourced"]`))
	for _, same := range []string{`{"a": "the \"Xenotime\" route is open"}`, `[1.50, null, "x"]`, `not JSON`} {
		require.Equal(t, same, w.withoutInJSON(same))
	}
}

func jsonString(t *testing.T, s string) string {
	t.Helper()
	body, err := json.Marshal(s)
	require.NoError(t, err)
	return string(body)
}
