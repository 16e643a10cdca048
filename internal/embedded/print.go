package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"crystalyse/internal/config"
	"crystalyse/internal/tool"
)

// Prints gives, for a built-in server, a print of all that decides its answers
// beside the arguments: its code, its environment, the settings it is started
// with, and the model files, whose presence decides which potential is the
// default and whose content what it computes. Servers of the user have none, and
// neither has one that asks the network: what they answered yesterday proves
// nothing about today.
func Prints(cfg *config.Config, servers tool.Config) (func(server string) (string, bool), error) {
	code, err := unpackServers(cfg)
	if err != nil {
		return nil, err
	}
	fixed := map[string]string{}
	for _, s := range ourServers {
		c, ok := servers.Servers[s.name]
		if !ok || !c.Crystalyse.Builtin || !decided[s.name] {
			continue
		}
		_, version, _, err := envDir(cfg, s.env)
		if err != nil {
			return nil, err
		}
		fixed[s.name] = filepath.Base(code) + "/" + version
	}
	return func(server string) (string, bool) {
		base, ok := fixed[server]
		if !ok {
			return "", false
		}
		files, err := listing(cfg.ModelsDir)
		if err != nil {
			return "", false
		}
		set, err := settings(cfg)
		return base + "/" + files + "/" + set, err == nil
	}, nil
}

// deciding are the variables of ServerEnv that change answers: where and how
// precisely it is computed, when a phase counts as stable, which weights generate.
var deciding = []string{"CRYSTALYSE_DEVICE", "CRYSTALYSE_DTYPE", "CRYSTALYSE_THRESHOLDS", "CRYSTALYSE_CHEMELEON_CSP", "CRYSTALYSE_CHEMELEON_DNG", "CUDA_VISIBLE_DEVICES"}

// settings is a print of them, and of the files they name as those are now; an
// extra that was installed brings potentials.
func settings(cfg *config.Config) (string, error) {
	h := sha256.New()
	for _, k := range deciding {
		v := os.Getenv(k)
		fmt.Fprintf(h, "%s=%s\x00", k, v)
		info, err := os.Stat(v)
		switch {
		case v == "" || errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir():
		case err != nil:
			return "", err
		default:
			fmt.Fprintf(h, "%d\x00%d\x00", info.Size(), info.ModTime().UnixNano())
		}
	}
	for _, kv := range extraServerEnv(cfg) {
		fmt.Fprintf(h, "%s\x00", kv)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// decided are the servers whose answers follow from code, arguments and models.
var decided = map[string]bool{"smact": true, "structure": true, "chemeleon": true, "mace": true}

// listing is a print of the model files as they are now.
func listing(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(p) // of what a link points to
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s\x00%d\x00%d\x00", p, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // no folder, no models
	}
	return hex.EncodeToString(h.Sum(nil))[:16], err
}
