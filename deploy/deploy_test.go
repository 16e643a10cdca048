// Package deploy checks the files for containers without a container engine:
// the compose file against its specification, that all they name exists, and
// nginx's configuration by nginx where there is one, else by a parser.
package deploy

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/config"
	"crystalyse/internal/embedded"
	"crystalyse/internal/embedded/embeddedtest"
)

// service is what the checks look at.
type service struct {
	Image       string
	Build       struct{ Context, Dockerfile string }
	Command     any
	Environment map[string]any
	Volumes     []string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
}

func compose(t *testing.T) (raw map[string]any, services map[string]service, volumes map[string]any) {
	t.Helper()
	text, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &raw))
	var typed struct {
		Services map[string]service
		Volumes  map[string]any
	}
	require.NoError(t, yaml.Unmarshal(text, &typed))
	return raw, typed.Services, typed.Volumes
}

func TestComposeKeepsItsSpecification(t *testing.T) {
	t.Parallel()
	raw, _, _ := compose(t)
	// By JSON, for the types that the schema knows.
	text, err := json.Marshal(raw)
	require.NoError(t, err)
	var plain map[string]any
	require.NoError(t, json.Unmarshal(text, &plain))
	require.NoError(t, schema.Validate(plain))
	plain["services"].(map[string]any)["api"].(map[string]any)["prots"] = []any{}
	require.Error(t, schema.Validate(plain), "the check can fail")
}

func TestWhatComposeNamesExists(t *testing.T) {
	t.Parallel()
	_, services, volumes := compose(t)
	for name, s := range services {
		for dep := range s.DependsOn {
			require.Contains(t, services, dep, name)
		}
		require.NotEmpty(t, s.Image, name)
		if host, _, named := strings.Cut(s.Image, "/"); named {
			require.NotContains(t, host, ".", "%s: an image of a named registry", name)
		}
		if s.Build.Dockerfile != "" {
			require.FileExists(t, filepath.Join("..", s.Build.Dockerfile))
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			switch {
			case from == "./deploy/nginx/certs": // made by deploy/setup
			case strings.HasPrefix(from, "./"):
				_, err := os.Stat(filepath.Join("..", from))
				require.NoError(t, err, name)
			default:
				require.Contains(t, volumes, from, name)
			}
		}
	}
	for _, want := range []string{"nginx", "api", "worker", "migrate", "postgres", "redis", "temporal", "temporal-ui"} {
		require.Contains(t, services, want)
	}
}

// TestComposeSetsKnownSettings: a misspelled variable would be ignored.
func TestComposeSetsKnownSettings(t *testing.T) {
	t.Parallel()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Register(fs)
	c, err := config.Load(fs, nil)
	require.NoError(t, err)
	known := []string{}
	for _, s := range c.Show() {
		known = append(known, s.Variable)
	}
	_, services, _ := compose(t)
	for _, name := range []string{"api", "worker", "migrate", "environments"} {
		require.NotEmpty(t, services[name].Environment, name)
		for _, v := range slices.Sorted(maps.Keys(services[name].Environment)) {
			require.Contains(t, known, v, name)
		}
		require.Equal(t, "jwt", services[name].Environment["CRYSTALYSE_AUTH"])
	}
}

func TestEveryCopySourceExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	stages := regexp.MustCompile(`(?m)^FROM \S+ AS (\w+)$`).FindAllStringSubmatch(string(text), -1)
	copied := []string{}
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "COPY" {
			continue
		}
		if stage, ok := strings.CutPrefix(words[1], "--from="); ok {
			require.True(t, slices.ContainsFunc(stages, func(s []string) bool { return s[1] == stage }), line)
			continue
		}
		for _, source := range words[1 : len(words)-1] {
			_, err := os.Stat(filepath.Join("..", source))
			require.NoError(t, err, line)
			copied = append(copied, source)
		}
	}
	// Every folder with Go packages of the binary is there.
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "crystalyse/cmd/crystalyse")
	out, err := list.Output()
	require.NoError(t, err)
	for _, pkg := range strings.Fields(string(out)) {
		if rest, ok := strings.CutPrefix(pkg, "crystalyse/"); ok {
			require.Contains(t, copied, strings.Split(rest, "/")[0], pkg)
		}
	}
}

func TestTemporalHasOurSearchAttributes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("temporal/setup.sh")
	require.NoError(t, err)
	require.Contains(t, string(text), "for name in "+strings.Join(embedded.SearchAttributes, " ")+";")
	dynamic, err := os.ReadFile("temporal/dynamicconfig.yaml")
	require.NoError(t, err)
	ours, err := os.ReadFile("../internal/embedded/temporal.yaml")
	require.NoError(t, err)
	for _, line := range strings.Split(string(ours), "\n") {
		if k, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			require.Contains(t, string(dynamic), k+":")
		}
	}
}

func TestNginx(t *testing.T) {
	t.Parallel()
	path, err := filepath.Abs("nginx/nginx.conf")
	require.NoError(t, err)
	tool := filepath.Join(embeddedtest.StateDir(t), "tools", "crossplane")
	require.DirExists(t, tool, "`make test-go` installs it")
	cmd := exec.CommandContext(t.Context(), "python3", "-m", "crossplane", "parse", path)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+tool, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.Output()
	require.NoError(t, err)
	var parsed struct {
		Status string
		Errors []any
	}
	require.NoError(t, json.Unmarshal(out, &parsed))
	require.Equal(t, "ok", parsed.Status, "%s", out)
	if nginx, err := exec.LookPath("nginx"); err == nil {
		// nginx looks for the upstream's name and the certificate; both are
		// replaced by what is here.
		dir := t.TempDir()
		cert := exec.CommandContext(t.Context(), "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
			"-keyout", filepath.Join(dir, "tls.key"), "-out", filepath.Join(dir, "tls.crt"))
		require.NoError(t, cert.Run())
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		local := strings.NewReplacer("api:8000", "127.0.0.1:8000", "/etc/nginx/certs", dir).Replace(string(text))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(local), 0o600))
		out, err := exec.CommandContext(t.Context(), nginx, "-t", "-c", filepath.Join(dir, "nginx.conf"), "-p", dir).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

func TestSetup(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Log("no openssl here: only the script's grammar is checked")
		require.NoError(t, exec.CommandContext(t.Context(), "sh", "-n", "setup").Run())
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "deploy"), 0o755))
	script, err := os.ReadFile("setup")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "deploy", "setup"), script, 0o755))
	run := func() string {
		require.NoError(t, exec.CommandContext(t.Context(), filepath.Join(dir, "deploy", "setup"), "lab.example").Run())
		env, err := os.ReadFile(filepath.Join(dir, ".env"))
		require.NoError(t, err)
		return string(env)
	}
	env := run()
	require.Equal(t, env, run(), "a second run changes nothing")
	require.FileExists(t, filepath.Join(dir, "deploy", "nginx", "certs", "tls.crt"))
	var environ []string
	for _, line := range strings.Split(strings.TrimSpace(env), "\n") {
		if strings.HasPrefix(line, "CRYSTALYSE_") {
			environ = append(environ, line)
		}
	}
	c, err := config.Load(nil, environ)
	require.NoError(t, err, "the keys are long enough")
	require.Equal(t, []string{"lab.example"}, c.Hosts())
}

// TestDashboardAsksForWhatThereIs: every metric it names is one of ours, or the
// runtime's.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("grafana/crystalyse.json")
	require.NoError(t, err)
	require.True(t, json.Valid(text))
	var code []byte
	for _, file := range []string{"api/rest/metrics.go", "api/relay/metrics.go", "internal/adapter/meter/tools.go", "internal/adapter/meter/events.go"} {
		text, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		code = append(code, text...)
	}
	names := regexp.MustCompile(`crystalyse_[a-z_]+`).FindAllString(string(text), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		require.Contains(t, string(code), `"`+strings.TrimSuffix(name, "_bucket")+`"`)
	}
}
