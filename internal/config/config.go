// Package config is every setting of crystalyse, where it comes from and what
// it means. Order: flag, variable, file, default.
package config

import (
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"crystalyse/internal/llm"
)

// Secret is a string that never shows itself.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON hides the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// Reveal gives the secret to what must have it.
func (s Secret) Reveal() string { return string(s) }

// Config is the whole configuration. The table in fields.go documents each.
type Config struct {
	StateDir   string
	EnvDir     string
	ConfigFile string
	Bind       string
	Port       int
	LogLevel   string
	Auth       string
	IdleStop   time.Duration

	JWTKeys        Secret // kid:secret, the first signs
	JWTAudience    string
	Token          Secret // the terminal's own, in jwt mode
	AllowedHosts   string
	AllowedOrigins string
	RateLimit      int
	MaxSockets     int
	SessionIdle    time.Duration

	DatabaseURL       Secret // holds a password
	RedisURL          Secret
	TemporalAddress   string
	TemporalNamespace string
	PostgresPort      int
	RedisPort         int
	TemporalPort      int
	TemporalUIPort    int

	// LLMHosts are the hosts that users may name as endpoints of their own;
	// see UserHosts. SecretKey seals their keys.
	LLMHosts  string
	SecretKey Secret

	OpenAIAPIKey  Secret
	OpenAIBaseURL string
	Model         string
	// EmbeddingBaseURL is where memories are embedded; see Embedding.
	EmbeddingBaseURL string
	EmbeddingAPIKey  Secret
	EmbeddingModel   string
	Reuse            string // on | off

	MCPConfig string
	Policy    string

	WebhookURL    Secret // may hold a token
	WebhookSecret Secret
	GPUSlots      int
	GPUAhead      int
	ArtifactStore string

	OTLPEndpoint   string // where traces go; "" records none
	MetricsAddress string // where a worker shows its numbers; "" nowhere

	ModelsDir string
	ToolLog   string
	Engines   int

	origins map[string]string
}

// Path gives a path below the state folder.
func (c *Config) Path(parts ...string) string {
	return filepath.Join(append([]string{c.StateDir}, parts...)...)
}

// Artifacts is where structures, trajectories and references are kept.
func (c *Config) Artifacts() string { return c.Path("artifacts") }

// Checkpoints is where long calculations keep their state.
func (c *Config) Checkpoints() string { return c.Path("checkpoints") }

// Logs is where each process has its log.
func (c *Config) Logs() string { return c.Path("logs") }

// HasModel reports whether a language model is configured; otherwise the
// built-in planner answers.
func (c *Config) HasModel() bool { return c.OpenAIAPIKey != "" || c.OpenAIBaseURL != "" }

// Hosts are the names the web server answers to.
func (c *Config) Hosts() []string { return list(c.AllowedHosts) }

// Origins are the other pages that may call.
func (c *Config) Origins() []string { return list(c.AllowedOrigins) }

// UserHosts are the hosts that users may name in the page as endpoints of their
// own: on one's own machine any, of a shared server those its operator lists.
func (c *Config) UserHosts() []string {
	if c.LLMHosts == "" && c.Auth == "single" {
		return []string{llm.AnyHost}
	}
	return list(c.LLMHosts)
}

// list reads a comma-separated setting; names of hosts know no case.
func list(s string) []string {
	var out []string
	for _, part := range strings.Split(s, ",") {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Level is the log level.
func (c *Config) Level() slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(c.LogLevel)) != nil {
		return slog.LevelInfo
	}
	return l
}
