package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/config"
)

func load(t *testing.T, env []string, args ...string) (*config.Config, error) {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Register(fs)
	require.NoError(t, fs.Parse(args))
	return config.Load(fs, env)
}

func origin(c *config.Config, name string) (value, from string) {
	for _, s := range c.Show() {
		if s.Name == name {
			return s.Value, s.Origin
		}
	}
	return "", ""
}

func TestOrder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("port: 1001\nlog-level: warn\nengines: 3\n"), 0o600))
	c, err := load(t, []string{"CRYSTALYSE_CONFIG=" + file, "CRYSTALYSE_PORT=1002", "CRYSTALYSE_ENGINES=4"}, "--port", "1003")
	require.NoError(t, err)
	require.Equal(t, 1003, c.Port)
	require.Equal(t, 4, c.Engines)
	require.Equal(t, "warn", c.LogLevel)
	for name, want := range map[string]string{"port": "--port", "engines": "CRYSTALYSE_ENGINES", "log-level": file, "auth": "default"} {
		_, from := origin(c, name)
		require.Equal(t, want, from, name)
	}
}

func TestProblemsAreReportedTogether(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("prot: 1\nengines: none\n"), 0o600))
	_, err := load(t, []string{"DATABASE_URL=mysql://u:s3cret@h/x"}, "--config", file, "--port", "99999")
	require.Error(t, err)
	for _, word := range []string{"prot", `"port"`, "key engines", "--port", "DATABASE_URL"} {
		require.Contains(t, err.Error(), word)
	}
	require.NotContains(t, err.Error(), "s3cret")
}

func TestBrokenFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte("{{"), 0o600))
	_, err := load(t, nil, "--config", file)
	require.ErrorContains(t, err, file)
	_, err = load(t, nil, "--config", filepath.Join(t.TempDir(), "absent.yaml"))
	require.ErrorContains(t, err, "absent.yaml")
}

func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	c, err := load(t, []string{"OPENAI_API_KEY=sk-topsecret", "DATABASE_URL=postgres://u:topsecret@h/x", "REDIS_URL=redis://:topsecret@h/0"})
	require.NoError(t, err)
	shown, err := json.Marshal(c.Show())
	require.NoError(t, err)
	whole, err := json.Marshal(c)
	require.NoError(t, err)
	for _, text := range []string{string(shown), string(whole), fmt.Sprintf("%v %s", c.OpenAIAPIKey, c.DatabaseURL), strings.Join(c.Environ(), " ")} {
		require.NotContains(t, text, "topsecret")
	}
	require.Equal(t, "sk-topsecret", c.OpenAIAPIKey.Reveal())
	require.True(t, c.HasModel())
}

func TestEverySettingHasItsVariable(t *testing.T) {
	t.Parallel()
	c, err := load(t, nil)
	require.NoError(t, err)
	standard := map[string]string{"database-url": "DATABASE_URL", "redis-url": "REDIS_URL", "temporal-address": "TEMPORAL_ADDRESS",
		"temporal-namespace": "TEMPORAL_NAMESPACE", "openai-api-key": "OPENAI_API_KEY", "openai-base-url": "OPENAI_BASE_URL",
		"otlp-endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"}
	for _, s := range c.Show() {
		want := standard[s.Name]
		if want == "" {
			want = "CRYSTALYSE_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
		}
		require.Equal(t, want, s.Variable)
		require.NotEmpty(t, s.Help)
	}
	require.True(t, filepath.IsAbs(c.StateDir) && filepath.IsAbs(c.EnvDir))
}
