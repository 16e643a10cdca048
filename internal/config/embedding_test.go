package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoEmbeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env       []string
		base, key string
		outside   bool
	}{
		"nothing configured":              {nil, "", "", false},
		"a local language model, no key":  {[]string{"OPENAI_BASE_URL=http://127.0.0.1:1/v1"}, "", "", false},
		"a key":                           {[]string{"OPENAI_API_KEY=k"}, "https://api.openai.com/v1", "k", true},
		"a key and an address":            {[]string{"OPENAI_API_KEY=k", "OPENAI_BASE_URL=http://h/v1"}, "http://h/v1", "k", true},
		"an endpoint never gets the key":  {[]string{"OPENAI_API_KEY=k", "CRYSTALYSE_EMBEDDING_BASE_URL=http://e/v1"}, "http://e/v1", "", true},
		"an endpoint with its own secret": {[]string{"CRYSTALYSE_EMBEDDING_API_KEY=e", "CRYSTALYSE_EMBEDDING_BASE_URL=http://e/v1"}, "http://e/v1", "e", true},
	} {
		cfg, err := load(t, c.env)
		require.NoError(t, err, name)
		e, outside := cfg.Embedding()
		require.Equal(t, []any{c.base, c.key, c.outside}, []any{e.BaseURL, e.APIKey.Reveal(), outside}, name)
	}
}
