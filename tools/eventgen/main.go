// Command eventgen writes the JSON Schema and the TypeScript union of the
// events, from the one source: event.All.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"crystalyse/internal/event/eventgen"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: eventgen ROOT")
		os.Exit(2)
	}
	for path, body := range eventgen.Files() {
		target := filepath.Join(os.Args[1], filepath.FromSlash(path))
		err := os.MkdirAll(filepath.Dir(target), 0o755)
		if err == nil {
			err = os.WriteFile(target, body, 0o644) //nolint:gosec // a source file
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "eventgen:", err)
			os.Exit(1)
		}
	}
}
