package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"

	"crystalyse/internal/fault"
)

// Register adds every setting as a flag.
func Register(fs *pflag.FlagSet) {
	for _, f := range fields {
		fs.String(f.flag, f.def, f.help+" ["+f.name()+"]")
	}
}

// Load reads flags, environment and file, and reports every problem at once.
func Load(fs *pflag.FlagSet, environ []string) (*Config, error) {
	env := map[string]string{}
	for _, kv := range environ {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	flag := func(name string) (string, bool) {
		if fs == nil {
			return "", false
		}
		f := fs.Lookup(name)
		if f == nil || !f.Changed {
			return "", false
		}
		return f.Value.String(), true
	}
	c := &Config{origins: map[string]string{}}
	path, ok := flag("config")
	if !ok {
		path = env["CRYSTALYSE_CONFIG"]
	}
	file, err := readFile(path)
	problems := []error{err}
	for _, f := range fields {
		v, origin := f.def, "default"
		if s, ok := file[f.flag]; ok {
			v, origin = s, path
		}
		if s, ok := env[f.name()]; ok && s != "" {
			v, origin = s, f.name()
		}
		if s, ok := flag(f.flag); ok {
			v, origin = s, "--"+f.flag
		}
		if err := f.set(c, v); err != nil {
			problems = append(problems, fault.Invalid(where(origin, f), "%s", err.Error()))
		}
		c.origins[f.flag] = origin
	}
	if err := errors.Join(problems...); err != nil {
		return nil, &fault.Error{Code: fault.CodeInvalid, Message: "the configuration is wrong", Hint: "see `crystalyse config --help` for every setting", Err: err}
	}
	return c, c.complete()
}

func where(origin string, f field) string {
	if strings.HasPrefix(origin, "--") || origin == f.name() {
		return origin
	}
	return origin + ", key " + f.flag
}

// complete fills what follows from other settings, and makes paths absolute so
// that child processes agree on them.
func (c *Config) complete() error {
	var err error
	if c.StateDir, err = filepath.Abs(c.StateDir); err != nil {
		return fault.Wrap(fault.CodeInvalid, err, "the state folder has no path")
	}
	for _, d := range []struct {
		at  *string
		def string
	}{{&c.EnvDir, "envs"}, {&c.ModelsDir, "models"}} {
		if *d.at == "" {
			*d.at = c.Path(d.def)
		}
		if *d.at, err = filepath.Abs(*d.at); err != nil {
			return fault.Wrap(fault.CodeInvalid, err, "a folder has no path")
		}
	}
	for _, p := range []*string{&c.MCPConfig, &c.ToolLog} {
		if *p != "" {
			if *p, err = filepath.Abs(*p); err != nil {
				return fault.Wrap(fault.CodeInvalid, err, "a file has no path")
			}
		}
	}
	return nil
}

func readFile(path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "the configuration file %s cannot be read", path)
	}
	var raw map[string]any
	if err := yaml.Unmarshal(body, &raw); err != nil {
		return nil, fault.Wrap(fault.CodeInvalid, err, "the configuration file %s is no YAML", path)
	}
	out := map[string]string{}
	var problems []error
	for k, v := range raw {
		switch known(k) {
		case true:
			out[k] = fmt.Sprint(v)
		default:
			problems = append(problems, fault.Invalid(path+", key "+k, "is unknown; did you mean %q?", nearest(k)))
		}
	}
	return out, errors.Join(problems...)
}

func known(flag string) bool {
	for _, f := range fields {
		if f.flag == flag && flag != "config" {
			return true
		}
	}
	return false
}

// nearest is the setting with the fewest letters of difference.
func nearest(k string) string {
	best, least := "", 1<<30
	for _, f := range fields {
		if d := distance(k, f.flag); d < least {
			best, least = f.flag, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Setting is a setting as shown.
type Setting struct {
	Name     string `json:"name"`
	Variable string `json:"variable"`
	Value    string `json:"value"`
	Origin   string `json:"origin"`
	Help     string `json:"help"`
}

// Show gives every setting with its origin, secrets masked.
func (c *Config) Show() []Setting {
	out := make([]Setting, len(fields))
	for i, f := range fields {
		out[i] = Setting{Name: f.flag, Variable: f.name(), Value: f.get(c), Origin: c.origins[f.flag], Help: f.help}
	}
	return out
}

// Environ gives the settings as variables for child processes of this program.
func (c *Config) Environ() []string {
	out := []string{}
	for _, f := range fields {
		v := f.get(c)
		if f.secret {
			continue // passed by the caller, which knows who may have it
		}
		if f.flag != "config" && v != "" {
			out = append(out, f.name()+"="+v)
		}
	}
	return out
}
