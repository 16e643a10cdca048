// Command gen writes the JSON Schema and the TypeScript union of events. It runs
// in the folder internal/event/schema (`go generate`).
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"crystalyse/internal/event/schema"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "event schema:", err)
		os.Exit(1)
	}
}

func run() error {
	for path, write := range map[string]func(string) ([]byte, error){
		"events.schema.json":                   schema.JSONSchema,
		"../../../web/src/event/events.gen.ts": schema.TypeScript,
	} {
		body, err := write("..")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			return err
		}
	}
	return nil
}
