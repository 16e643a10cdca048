// Package prompt holds the system prompts, one versioned file per mode on a
// common base. The hash of what was used is in every report.
package prompt

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"

	"crystalyse/internal/discovery"
)

//go:embed *.md
var files embed.FS

// Prompt is a system prompt.
type Prompt struct {
	Text    string
	Version string // for example "creative 1"
	SHA256  string
}

// For gives the prompt of a mode.
func For(m discovery.Mode) (Prompt, error) {
	base, err := files.ReadFile("base.md")
	if err != nil {
		return Prompt{}, err
	}
	own, err := files.ReadFile(string(m) + ".md")
	if err != nil {
		return Prompt{}, fmt.Errorf("no prompt for mode %q: %w", m, err)
	}
	first, rest, _ := strings.Cut(string(own), "\n")
	version, ok := strings.CutPrefix(first, "crystalyse-prompt ")
	if !ok {
		return Prompt{}, fmt.Errorf("prompt %s: the first line must be its version", m)
	}
	text := string(base) + rest
	sum := sha256.Sum256([]byte(text))
	return Prompt{Text: text, Version: version, SHA256: hex.EncodeToString(sum[:])}, nil
}
