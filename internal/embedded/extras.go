package embedded

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"

	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// extraEnvs are environments that are made only when somebody asks: their
// packages are under another license than ours, and run in a process of their own.
var extraEnvs = []string{"sevennet"}

// Extras are what `doctor --install` can add.
func Extras() []string {
	return []string{"sevennet", "chemeleon", "mace-medium-mpa-0", "mace-medium-mp-0", "mace-small-mp-0"}
}

// InstallExtra adds one extra: an environment, or model files fetched into the
// models folder by the server that reads them.
func InstallExtra(ctx context.Context, cfg *config.Config, report Reporter, name string) error {
	unlock, err := lockFile(cfg.Path("run", "install.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	inst := &installer{cfg: cfg, report: report}
	tools, err := inst.tools(ctx)
	if err != nil {
		return err
	}
	e := &envs{installer: inst, uv: tools.UV}
	switch {
	case name == "sevennet":
		return e.install(ctx, name)
	case name == "chemeleon":
		return e.fetch(ctx, "chemeleon", name)
	case strings.HasPrefix(name, "mace-"):
		return e.fetch(ctx, "mace", name)
	}
	return fault.Invalid("--install", "there is no extra %q", name).WithHint("use one of: %s", strings.Join(Extras(), ", "))
}

// fetch lets a server's own fetcher get model files, with the hash noted beside them.
func (e *envs) fetch(ctx context.Context, server, name string) error {
	if err := e.install(ctx, "ml"); err != nil {
		return err
	}
	python, err := Python(e.cfg, "ml")
	if err != nil {
		return err
	}
	dir, err := unpackServers(e.cfg)
	if err != nil {
		return err
	}
	e.report.Step(name, "fetching")
	args := []string{"-m", "crystalyse_" + server + ".fetch"}
	if server == "mace" {
		args = append(args, name)
	}
	cmd := exec.CommandContext(ctx, python, args...)
	paths := []string{filepath.Join(dir, "common"), filepath.Join(dir, "references"), filepath.Join(dir, server)}
	cmd.Env = append(ServerEnv(e.cfg), "PYTHONPATH="+strings.Join(paths, ":"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fault.Wrap(fault.CodeUnavailable, err, "%s: %s", name, lastLines(strings.TrimSpace(string(out)), 2)).
			WithHint("or put the files into %s by hand", e.cfg.ModelsDir)
	}
	e.report.Done(name, "fetched into "+e.cfg.ModelsDir)
	return nil
}

// extrasFound tells which extras are here.
func extrasFound(cfg *config.Config) []Finding {
	seven := Finding{What: "potential SevenNet", Level: Note, Found: "not installed: an extra under the GPL, in an environment of its own", Do: "`crystalyse doctor --install sevennet` (it shares most of its files with ml)"}
	if dir, _, _, err := envDir(cfg, "sevennet"); err == nil && isReady(dir) {
		seven = Finding{What: "potential SevenNet", Level: OK, Found: "SevenNet-0, weights bundled"}
	}
	chemeleon := Finding{What: "generator Chemeleon", Level: Note, Found: "no checkpoint in " + cfg.ModelsDir, Do: "`crystalyse doctor --install chemeleon`; without it, prototypes and random cells generate"}
	if files, err := filepath.Glob(filepath.Join(cfg.ModelsDir, "chemeleon[_-]*.ckpt")); err == nil && len(files) > 0 {
		names := make([]string, len(files))
		for i, f := range files {
			names[i] = filepath.Base(f)
		}
		chemeleon = Finding{What: "generator Chemeleon", Level: OK, Found: strings.Join(names, ", ")}
	}
	return []Finding{seven, chemeleon}
}

// extraServerEnv gives the servers the interpreters of installed extras.
func extraServerEnv(cfg *config.Config) []string {
	var env []string
	for _, name := range extraEnvs {
		dir, _, _, err := envDir(cfg, name)
		if err != nil || !isReady(dir) {
			continue
		}
		env = append(env, "CRYSTALYSE_"+strings.ToUpper(name)+"_PYTHON="+filepath.Join(dir, "bin", "python"))
	}
	return env
}
