// Package openapi is the API's contract (OpenAPI 3.1): one file a noun, merged
// into one document.
package openapi

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed *.yaml
var files embed.FS

// JSON gives the document.
var JSON = sync.OnceValues(func() ([]byte, error) {
	doc, err := Document()
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(doc, "", " ")
})

// Document merges the files. A path or a schema that two of them have is an
// error.
func Document() (map[string]any, error) {
	doc, err := read("openapi.yaml")
	if err != nil {
		return nil, err
	}
	paths := map[string]any{}
	doc["paths"] = paths
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name == "openapi.yaml" {
			continue
		}
		part, err := read(name)
		if err != nil {
			return nil, err
		}
		own, _ := part["paths"].(map[string]any) // a file may have schemas only
		if err := add(paths, own, name); err != nil {
			return nil, err
		}
		components, _ := part["components"].(map[string]any)
		own, _ = components["schemas"].(map[string]any)
		if err := add(schemas, own, name); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

func read(name string) (map[string]any, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var part map[string]any
	if err := yaml.Unmarshal(text, &part); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return part, nil
}

func add(to, from map[string]any, file string) error {
	for _, k := range slices.Sorted(maps.Keys(from)) {
		if _, twice := to[k]; twice {
			return fmt.Errorf("%s: %s is there already", file, k)
		}
		to[k] = from[k]
	}
	return nil
}
