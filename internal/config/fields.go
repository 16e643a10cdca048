package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"crystalyse/internal/auth"
)

// field is one setting: its flag, its variable, its default, its meaning.
type field struct {
	flag, variable, def, help string
	secret                    bool
	set                       func(*Config, string) error
	get                       func(*Config) string
}

func text(flag, variable, def, help string, at func(*Config) *string) field {
	return field{flag: flag, variable: variable, def: def, help: help,
		set: func(c *Config, v string) error { *at(c) = v; return nil },
		get: func(c *Config) string { return *at(c) }}
}

func secret(flag, variable, help string, at func(*Config) *Secret) field {
	return field{flag: flag, variable: variable, help: help, secret: true,
		set: func(c *Config, v string) error { *at(c) = Secret(v); return nil },
		get: func(c *Config) string { return at(c).String() }}
}

func number(flag, def, help string, low, high int, at func(*Config) *int) field {
	return field{flag: flag, def: def, help: help,
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < low || n > high {
				return fmt.Errorf("%q is not a whole number from %d to %d", v, low, high)
			}
			*at(c) = n
			return nil
		},
		get: func(c *Config) string { return strconv.Itoa(*at(c)) }}
}

func checked(f field, check func(string) error) field {
	set := f.set
	f.set = func(c *Config, v string) error {
		if err := check(v); err != nil {
			return err
		}
		return set(c, v)
	}
	return f
}

func oneOf(options ...string) func(string) error {
	return func(v string) error {
		for _, o := range options {
			if v == o {
				return nil
			}
		}
		return fmt.Errorf("%q is not one of %s", v, strings.Join(options, ", "))
	}
}

// address accepts an absolute URL of one of the schemes. A wrong one is not
// repeated in the error: it may hold a password.
func address(schemes ...string) func(string) error {
	return func(v string) error {
		u, err := url.Parse(v)
		if v == "" || err == nil && u.Host != "" && oneOf(schemes...)(u.Scheme) == nil {
			return nil
		}
		return fmt.Errorf("is not an address that begins with %s://", strings.Join(schemes, ":// or "))
	}
}

func jwtKeys(v string) error {
	if v == "" {
		return nil
	}
	_, err := auth.ParseKeys(v)
	return err
}

func origins(v string) error {
	for _, o := range list(v) {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Path != "" {
			return fmt.Errorf("%q is not an origin such as https://lab.example", o)
		}
	}
	return nil
}

const maxPort = 65535

// fields are all settings, in the order they are shown.
var fields = []field{
	text("state-dir", "", ".crystalyse", "folder for everything crystalyse keeps", func(c *Config) *string { return &c.StateDir }),
	text("env-dir", "", "", "folder of the Python environments (default <state-dir>/envs)", func(c *Config) *string { return &c.EnvDir }),
	text("config", "", "", "YAML file with settings, keys as flags", func(c *Config) *string { return &c.ConfigFile }),
	text("bind", "", "127.0.0.1", "address the web server listens on", func(c *Config) *string { return &c.Bind }),
	number("port", "8000", "port of the web address; another free one is taken when it is in use", 0, maxPort, func(c *Config) *int { return &c.Port }),
	checked(text("log-level", "", "info", "debug, info, warn or error", func(c *Config) *string { return &c.LogLevel }), oneOf("debug", "info", "warn", "error")),
	checked(text("auth", "", "single", "single (one user, this machine only) or jwt (signed tokens)", func(c *Config) *string { return &c.Auth }), oneOf("single", "jwt")),
	checked(secret("jwt-keys", "", "keys that sign tokens, as kid:secret,kid2:secret2; the first signs, all verify", func(c *Config) *Secret { return &c.JWTKeys }), jwtKeys),
	text("jwt-audience", "", "", "audience that tokens must name; empty asks for none", func(c *Config) *string { return &c.JWTAudience }),
	secret("token", "", "token of the terminal, in jwt mode", func(c *Config) *Secret { return &c.Token }),
	text("allowed-hosts", "", "", "names the web server answers to, comma-separated; in jwt mode empty means any", func(c *Config) *string { return &c.AllowedHosts }),
	checked(text("allowed-origins", "", "", "other pages that may call, comma-separated, such as https://lab.example", func(c *Config) *string { return &c.AllowedOrigins }), origins),
	number("rate-limit", "1200", "requests a user may make in a minute; 0 means no limit", 0, 1_000_000, func(c *Config) *int { return &c.RateLimit }),
	number("max-sockets", "20000", "viewers that one API process takes at a time; the next ones are asked to come later", 1, 10_000_000, func(c *Config) *int { return &c.MaxSockets }),
	duration("session-idle", "0s", "end sessions in which nothing has happened for so long; 0s never", func(c *Config) *time.Duration { return &c.SessionIdle }),
	duration("idle-stop", "0s", "stop the stack after so long without work or visitors; 0s never", func(c *Config) *time.Duration { return &c.IdleStop }),
	checked(secret("database-url", "DATABASE_URL", "PostgreSQL to use instead of the embedded one", func(c *Config) *Secret { return &c.DatabaseURL }), address("postgres", "postgresql")),
	checked(secret("redis-url", "REDIS_URL", "Redis to use instead of the embedded one", func(c *Config) *Secret { return &c.RedisURL }), address("redis", "rediss")),
	text("temporal-address", "TEMPORAL_ADDRESS", "", "Temporal to use instead of the embedded one (host:port)", func(c *Config) *string { return &c.TemporalAddress }),
	text("temporal-namespace", "TEMPORAL_NAMESPACE", "default", "Temporal namespace", func(c *Config) *string { return &c.TemporalNamespace }),
	number("postgres-port", "0", "port of the embedded PostgreSQL; 0 takes a free one", 0, maxPort, func(c *Config) *int { return &c.PostgresPort }),
	number("redis-port", "0", "port of the embedded Redis; 0 takes a free one", 0, maxPort, func(c *Config) *int { return &c.RedisPort }),
	number("temporal-port", "0", "port of the embedded Temporal; 0 takes a free one", 0, maxPort, func(c *Config) *int { return &c.TemporalPort }),
	number("temporal-ui-port", "0", "port of the embedded Temporal UI; 0 takes a free one", 0, maxPort, func(c *Config) *int { return &c.TemporalUIPort }),
	secret("openai-api-key", "OPENAI_API_KEY", "key of the language model; without key and address the built-in planner answers", func(c *Config) *Secret { return &c.OpenAIAPIKey }),
	checked(text("openai-base-url", "OPENAI_BASE_URL", "", "address of an OpenAI-compatible endpoint; usually ends in /v1", func(c *Config) *string { return &c.OpenAIBaseURL }), address("http", "https")),
	text("model", "CRYSTALYSE_MODEL", "gpt-5-mini", "language model", func(c *Config) *string { return &c.Model }),
	text("llm-hosts", "", "", "hosts that users may name in the page as language models of their own, comma-separated, * for any (default: any in single mode, none in jwt mode)", func(c *Config) *string { return &c.LLMHosts }),
	secret("secret-key", "", "64 hexadecimal digits that seal the keys users enter; API and worker need the same (default: a file in the state folder)", func(c *Config) *Secret { return &c.SecretKey }),
	checked(text("embedding-base-url", "", "", "address of an OpenAI-compatible endpoint for embeddings (default: the language model's with OPENAI_API_KEY, else a local model)", func(c *Config) *string { return &c.EmbeddingBaseURL }), address("http", "https")),
	secret("embedding-api-key", "", "key of embedding-base-url", func(c *Config) *Secret { return &c.EmbeddingAPIKey }),
	text("embedding-model", "CRYSTALYSE_EMBEDDING_MODEL", "text-embedding-ada-002", "embedding model of the endpoint", func(c *Config) *string { return &c.EmbeddingModel }),
	checked(text("reuse", "", "on", "on or off: whether a call whose computation is known takes its stored result", func(c *Config) *string { return &c.Reuse }), oneOf("on", "off")),
	text("mcp-config", "", "", "file with further MCP servers, in the usual mcpServers form", func(c *Config) *string { return &c.MCPConfig }),
	text("policy", "", "", "JSON file that says which tool calls are allowed, asked for or denied", func(c *Config) *string { return &c.Policy }),
	checked(secret("webhook-url", "", "address that is told when a run of more than a minute ends", func(c *Config) *Secret { return &c.WebhookURL }), address("http", "https")),
	secret("webhook-secret", "", "secret that signs what the webhook is told", func(c *Config) *Secret { return &c.WebhookSecret }),
	checked(text("artifact-store", "", "folder", "folder (workers share one), or postgres (workers share none)", func(c *Config) *string { return &c.ArtifactStore }), oneOf("folder", "postgres")),
	number("gpu-slots", "0", "long calculations that run at a time on the queue tools-gpu; 0 runs them with all others", 0, 64, func(c *Config) *int { return &c.GPUSlots }),
	number("gpu-ahead", "2", "long calculations that a worker prepares while its gpu-slots are taken; 0 where several hosts share the queue, so that none waits beside a free one", 0, 64, func(c *Config) *int { return &c.GPUAhead }),
	checked(text("otlp-endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT", "", "address of an OpenTelemetry collector (OTLP over HTTP, usually port 4318) that gets traces; empty records none", func(c *Config) *string { return &c.OTLPEndpoint }), address("http", "https")),
	text("metrics-address", "", "", "address (host:port) where a worker serves /metrics and /healthz; empty serves none (`up` chooses one)", func(c *Config) *string { return &c.MetricsAddress }),
	text("models-dir", "", "", "folder with model files of potentials, <name>.model (default <state-dir>/models)", func(c *Config) *string { return &c.ModelsDir }),
	text("tool-log", "", "", "file in which tools account for every evaluation", func(c *Config) *string { return &c.ToolLog }),
	number("engines", "2", "calculation processes of the potential server, one thread each", 1, 64, func(c *Config) *int { return &c.Engines }),
}

func duration(flag, def, help string, at func(*Config) *time.Duration) field {
	return field{flag: flag, def: def, help: help,
		set: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil || d < 0 {
				return fmt.Errorf("%q is not a duration such as 10m", v)
			}
			*at(c) = d
			return nil
		},
		get: func(c *Config) string { return at(c).String() }}
}

// name is the variable of a field.
func (f field) name() string {
	if f.variable != "" {
		return f.variable
	}
	return "CRYSTALYSE_" + strings.ToUpper(strings.ReplaceAll(f.flag, "-", "_"))
}
