package embedded

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
	"crystalyse/mcp"
)

// ourServers are the MCP servers that the binary carries.
var ourServers = []struct {
	name, env string
	inflight  int
}{
	{"smact", "light", 4},
	{"structure", "light", 4},
	{"references", "light", 4},
	{"chemeleon", "ml", 2},
	{"mace", "ml", 8}, // its engines queue calls themselves
}

// Servers gives the configuration of the built-in MCP servers, unpacking them
// if need be, and the files that hold their golden tool lists.
func Servers(cfg *config.Config) (tool.Config, fs.FS, error) {
	dir, err := unpackServers(cfg)
	if err != nil {
		return tool.Config{}, nil, err
	}
	out := tool.Config{Servers: map[string]tool.ServerConfig{}}
	for _, s := range ourServers {
		python, err := Python(cfg, s.env)
		if err != nil {
			return out, nil, err
		}
		paths := []string{filepath.Join(dir, "common"), filepath.Join(dir, s.name)}
		if s.name != "chemeleon" { // the generators, which have to find structures, do not see the reference phases
			paths = append(paths, filepath.Join(dir, "references"))
		}
		out.Servers[s.name] = tool.ServerConfig{
			Command: python, Args: []string{"-m", "crystalyse_" + s.name}, Env: map[string]string{"PYTHONPATH": strings.Join(paths, ":")},
			Crystalyse: tool.ServerOptions{Builtin: true, Environment: s.env, MaxInflight: s.inflight},
		}
	}
	return out, mcp.Files, nil
}

// ServerEnv is the whole environment of an MCP server: an allow-list, so that
// no key of the worker reaches a tool.
func ServerEnv(cfg *config.Config) []string {
	env := []string{
		"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "PYTHONUNBUFFERED=1", "PYTHONNOUSERSITE=1",
		"CRYSTALYSE_ARTIFACTS=" + cfg.Artifacts(), "CRYSTALYSE_MODELS=" + cfg.ModelsDir, fmt.Sprintf("CRYSTALYSE_ENGINES=%d", cfg.Engines),
	}
	env = append(env, extraServerEnv(cfg)...)
	if cfg.ToolLog != "" {
		env = append(env, "CRYSTALYSE_TOOL_LOG="+cfg.ToolLog)
	}
	for _, k := range []string{"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES",
		"CRYSTALYSE_DEVICE", "CRYSTALYSE_DTYPE", "CRYSTALYSE_THRESHOLDS", "CRYSTALYSE_CHEMELEON_CSP", "CRYSTALYSE_CHEMELEON_DNG", "MP_API_KEY"} {
		if v := os.Getenv(k); v != "" {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// EnvReady tells whether an environment can be used, and if not, how far it is.
func EnvReady(cfg *config.Config, name string) (bool, string, error) {
	dir, _, _, err := envDir(cfg, name)
	if err != nil || isReady(dir) {
		return err == nil, "", err
	}
	states, err := ReadEnvs(cfg)
	if err != nil {
		return false, "", err
	}
	s := states[name]
	if s.State == "failed" {
		return false, "", fault.New(fault.CodeUnavailable, "the %s environment could not be installed: %s", name, s.Detail).WithHint("%s", s.Hint)
	}
	detail := s.Detail
	if detail == "" {
		detail = s.State
	}
	return false, fmt.Sprintf("waiting for the %s environment: %s", name, detail), nil
}
