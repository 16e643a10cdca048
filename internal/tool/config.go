package tool

// ServerConfig is one entry of a standard `mcpServers` configuration. The
// fields under crystalyse are ours; other clients ignore them.
type ServerConfig struct {
	Command string            `json:"command"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	Cwd     string            `json:"cwd,omitempty"`

	Crystalyse ServerOptions `json:"crystalyse"`
}

// ServerOptions are our additions to a server's entry.
type ServerOptions struct {
	// Builtin marks the servers of this project.
	Builtin bool `json:"builtin,omitempty"`
	// Environment names the Python environment that must be installed first.
	Environment string `json:"environment,omitempty"`
	// Instances is the number of processes; 0 means 1.
	Instances int `json:"instances,omitempty"`
	// MaxInflight is the number of calls one process takes at a time; 0 means 1.
	MaxInflight int `json:"max_inflight,omitempty"`
}

// Config is the file in its usual form: {"mcpServers": {"name": {...}}}.
type Config struct {
	Servers map[string]ServerConfig `json:"mcpServers"`
}
