package tool

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"sort"

	"crystalyse/internal/fault"
)

var serverName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,31}$`)

// LoadConfig reads a standard mcpServers file, naming what is wrong with it.
func LoadConfig(path string) (Config, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fault.Wrap(fault.CodeInvalid, err, "the MCP configuration %s cannot be read", path).WithHint("check --mcp-config")
	}
	c, err := ParseConfig(body)
	var f *fault.Error
	if errors.As(err, &f) {
		f.Message = path + ": " + f.Message
	}
	return c, err
}

// ParseConfig reads the text of an mcpServers file.
func ParseConfig(body []byte) (Config, error) {
	var c Config
	if err := json.Unmarshal(body, &c); err != nil {
		return c, jsonFault(body, err)
	}
	if c.Servers == nil {
		return c, fault.Invalid("mcpServers", "is missing").WithHint(`write {"mcpServers": {"name": {"command": "...", "args": []}}}`)
	}
	for _, name := range c.Names() {
		s := c.Servers[name]
		switch {
		case !serverName.MatchString(name):
			return c, fault.Invalid("mcpServers."+name, "is no server name: use letters, digits, - and _, at most 32")
		case s.Command == "":
			return c, fault.Invalid("mcpServers."+name+".command", "is missing").WithHint("name the program that serves MCP over standard input and output")
		case s.Crystalyse.Instances < 0 || s.Crystalyse.Instances > 32:
			return c, fault.Invalid("mcpServers."+name+".crystalyse.instances", "must be 1 to 32")
		}
	}
	return c, nil
}

// Names gives the server names in order.
func (c Config) Names() []string {
	names := make([]string, 0, len(c.Servers))
	for n := range c.Servers {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Merge adds the user's servers; one of the same name replaces the built-in one.
func Merge(builtin, user Config) Config {
	out := Config{Servers: map[string]ServerConfig{}}
	for n, s := range builtin.Servers {
		out.Servers[n] = s
	}
	for n, s := range user.Servers {
		s.Crystalyse.Builtin = false
		out.Servers[n] = s
	}
	return out
}

// jsonFault names the line and column of broken JSON.
func jsonFault(body []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line, col := position(body, syntax.Offset)
		return fault.New(fault.CodeInvalid, "line %d, column %d is no JSON: %s", line, col, syntax.Error())
	case errors.As(err, &kind):
		line, _ := position(body, kind.Offset)
		return fault.Invalid(kind.Field, "line %d: want %s, not %s", line, kind.Type, kind.Value)
	}
	return fault.Wrap(fault.CodeInvalid, err, "is no JSON")
}

func position(body []byte, offset int64) (line, col int) {
	before := body[:min(int(offset), len(body))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}
