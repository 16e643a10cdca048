package activities

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAnswerCutShortIsNotTakenOver(t *testing.T) {
	for body, want := range map[string]bool{`{"n_cut": 3}`: true, `{"n_cut": 0, "n_unrefined": 1}`: true, `{"n_cut": 0}`: false, `{}`: false, `[1]`: false, ``: false, `{"n_cut": "many"}`: false} {
		require.Equal(t, want, cutShort(json.RawMessage(body)), body)
	}
}
