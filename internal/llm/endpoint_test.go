package llm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

func TestEndpoint(t *testing.T) {
	t.Parallel()
	good := llm.Endpoint{BaseURL: " https://api.example.org/v1/ ", Model: " m ", Key: "sk-1"}

	t.Run("NormalizesWhatIsTyped", func(t *testing.T) {
		t.Parallel()
		e, err := good.Normalize([]string{llm.AnyHost})
		require.NoError(t, err)
		require.Equal(t, llm.Endpoint{BaseURL: "https://api.example.org/v1", Model: "m", Key: "sk-1"}, e)
		require.Equal(t, "api.example.org", e.Host())
	})
	t.Run("OnlyHostsOfTheList", func(t *testing.T) {
		t.Parallel()
		for _, hosts := range [][]string{nil, {"other.org"}, {"example.org"}} {
			_, err := good.Normalize(hosts)
			require.Equal(t, "base_url", fieldOf(err), hosts)
		}
		_, err := good.Normalize([]string{"api.example.org"})
		require.NoError(t, err)
		local := llm.Endpoint{BaseURL: "http://localhost:11434/v1", Model: "m"}
		_, err = local.Normalize([]string{"localhost:11434"})
		require.NoError(t, err)
	})
	t.Run("RefusesByField", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			field string
			e     llm.Endpoint
		}{
			{"base_url", llm.Endpoint{BaseURL: "ftp://x/v1", Model: "m"}},
			{"base_url", llm.Endpoint{BaseURL: "/v1", Model: "m"}},
			{"base_url", llm.Endpoint{BaseURL: "https://user:pw@x/v1", Model: "m"}},
			{"base_url", llm.Endpoint{BaseURL: "https://x/v1?key=1", Model: "m"}},
			{"base_url", llm.Endpoint{BaseURL: "https://x/" + strings.Repeat("v", 600), Model: "m"}},
			{"model", llm.Endpoint{BaseURL: "https://x/v1"}},
			{"model", llm.Endpoint{BaseURL: "https://x/v1", Model: "a\nb"}},
			{"key", llm.Endpoint{BaseURL: "https://x/v1", Model: "m", Key: "a\r\nX-Evil: 1"}},
		} {
			_, err := c.e.Normalize([]string{llm.AnyHost})
			require.Equal(t, c.field, fieldOf(err), c.e)
			require.NotContains(t, err.Error(), "pw")
		}
	})
}

func fieldOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Field
	}
	return ""
}
