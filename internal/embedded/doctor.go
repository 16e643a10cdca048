package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"crystalyse/internal/config"
)

// Level says how much a finding matters.
type Level string

// The levels of findings.
const (
	OK      Level = "ok"
	Note    Level = "note"
	Problem Level = "problem"
)

// Finding is one thing that doctor looked at.
type Finding struct {
	What  string `json:"what"`
	Level Level  `json:"level"`
	Found string `json:"found"`
	Do    string `json:"do,omitempty"`
}

// Doctor looks at everything a start needs.
func Doctor(ctx context.Context, cfg *config.Config) []Finding {
	out := []Finding{platform(), pythonFound(), program("uv", Note, "it is installed with the services")}
	out = append(out, program("go", Note, "only needed to build crystalyse"), program("node", Note, "only needed to build the web page"),
		program("cc", Note, "only needed for `make test` (race detector)"), stateFolder(cfg))
	out = append(out, environments(cfg)...)
	out = append(out, potentialsFound(cfg)...)
	out = append(out, extrasFound(cfg)...)
	out = append(out, device(ctx), modelFound(cfg), embeddingFound(ctx, cfg), stackFound(cfg))
	return out
}

func platform() Finding {
	f := Finding{What: "platform", Level: OK, Found: runtime.GOOS + "/" + runtime.GOARCH}
	if f.Found != "linux/amd64" && runtime.GOOS != "darwin" {
		f.Level, f.Do = Problem, "the embedded services are made for Linux x86_64 and macOS; set DATABASE_URL, REDIS_URL and TEMPORAL_ADDRESS to services elsewhere"
	}
	return f
}

func pythonFound() Finding {
	path, err := findPython()
	if err != nil {
		return Finding{What: "python", Level: Problem, Found: err.Error(), Do: "install Python 3.11"}
	}
	return Finding{What: "python", Level: OK, Found: path}
}

func program(name string, missing Level, why string) Finding {
	path, err := exec.LookPath(name)
	if err != nil {
		return Finding{What: name, Level: missing, Found: "not on the PATH", Do: why}
	}
	return Finding{What: name, Level: OK, Found: path}
}

func stateFolder(cfg *config.Config) Finding {
	f := Finding{What: "state folder", Level: OK, Found: cfg.StateDir}
	if err := os.MkdirAll(cfg.StateDir, 0o700); err != nil {
		f.Level, f.Do = Problem, diskFault(err, cfg.StateDir).Error()
		return f
	}
	probe := filepath.Join(cfg.StateDir, ".probe")
	if err := writeFile(probe, []byte("x"), 0o600); err != nil {
		f.Level, f.Do = Problem, err.Error()
		return f
	}
	_ = os.Remove(probe) // a probe that stays does no harm
	free := freeBytes(cfg.StateDir)
	f.Found += fmt.Sprintf(" (%.1f GB used, %.0f GB free)", float64(sizeOf(cfg.StateDir))/1e9, float64(free)/1e9)
	if free < 10e9 {
		f.Level, f.Do = Note, "a full installation needs about 8 GB, twice that while it is being made"
	}
	return f
}

func environments(cfg *config.Config) []Finding {
	states, err := ReadEnvs(cfg)
	if err != nil {
		return []Finding{{What: "environments", Level: Problem, Found: err.Error()}}
	}
	var out []Finding
	for _, name := range EnvNames {
		s := states[name]
		f := Finding{What: "environment " + name, Level: OK, Found: s.State}
		switch s.State {
		case "failed":
			f.Level, f.Found, f.Do = Problem, s.Detail, s.Hint
		case "installing", "waiting":
			f.Level, f.Found, f.Do = Note, strings.TrimSpace(s.State+" "+s.Detail), "`crystalyse up` installs it"
		}
		out = append(out, f)
	}
	return out
}

// potentialsFound tells which potentials have weights here.
func potentialsFound(cfg *config.Config) []Finding {
	chgnet := Finding{What: "potential CHGNet", Level: Note, Found: "comes with the ml environment", Do: "`crystalyse up` installs it"}
	dir, _, _, err := envDir(cfg, "ml")
	if err == nil && isReady(dir) {
		found, globErr := filepath.Glob(filepath.Join(dir, "lib", "python3*", "site-packages", "chgnet", "pretrained", "0.3.0", "*.tar"))
		if globErr == nil && len(found) > 0 {
			chgnet = Finding{What: "potential CHGNet", Level: OK, Found: "0.3.0, weights bundled; the default"}
		} else {
			chgnet = Finding{What: "potential CHGNet", Level: Problem, Found: "its weights are missing from the ml environment", Do: "remove " + dir + " and start again"}
		}
	}
	mace := Finding{What: "potential MACE", Level: Note, Found: "no model file in " + cfg.ModelsDir, Do: "`crystalyse doctor --install mace-medium-mpa-0`, or put a model there as <name>.model"}
	if files, globErr := filepath.Glob(filepath.Join(cfg.ModelsDir, "*.model")); globErr == nil && len(files) > 0 {
		names := make([]string, len(files))
		for i, f := range files {
			names[i] = filepath.Base(f)
		}
		mace = Finding{What: "potential MACE", Level: OK, Found: strings.Join(names, ", ")}
	}
	return []Finding{chgnet, mace}
}

func device(ctx context.Context) Finding {
	out, err := exec.CommandContext(ctx, "nvidia-smi", "--query-gpu=name", "--format=csv,noheader").Output()
	if name := strings.TrimSpace(string(out)); err == nil && name != "" {
		return Finding{What: "device", Level: OK, Found: "CUDA: " + strings.ReplaceAll(name, "\n", ", ")}
	}
	return Finding{What: "device", Level: OK, Found: fmt.Sprintf("CPU, %d cores (no GPU found)", runtime.NumCPU())}
}

func modelFound(cfg *config.Config) Finding {
	if cfg.HasModel() {
		return Finding{What: "language model", Level: OK, Found: cfg.Model}
	}
	return Finding{What: "language model", Level: Note, Found: "none configured; the built-in planner answers", Do: "set OPENAI_API_KEY, or OPENAI_BASE_URL for a local model, for free-form questions"}
}

// embeddingFound tells what makes memories comparable by meaning.
func embeddingFound(ctx context.Context, cfg *config.Config) Finding {
	f := Finding{What: "embedding model", Level: OK}
	if e, outside := cfg.Embedding(); outside {
		f.Found = e.Model + " at " + hostOf(e.BaseURL)
		return f
	}
	f.Found = LocalEmbeddingModel + ", local"
	s, err := ReadStatus(ctx, cfg)
	if err == nil && s.API.Healthy && !s.Embedding.Healthy {
		f.Level, f.Found, f.Do = Note, f.Found+", does not answer (yet): memory is searched by text alone", "see "+filepath.Join(cfg.Logs(), "embedding.log")
	}
	return f
}

func stackFound(cfg *config.Config) Finding {
	i, up, err := Running(cfg)
	switch {
	case err != nil:
		return Finding{What: "stack", Level: Problem, Found: err.Error()}
	case up:
		return Finding{What: "stack", Level: OK, Found: "runs at " + i.API}
	}
	return Finding{What: "stack", Level: Note, Found: "does not run", Do: "`crystalyse up`, or just `crystalyse discover \"...\"`"}
}
