// Package web is the page, embedded in the binary.
package web

import (
	"embed"
	"io/fs"
)

// dist holds the built page, or only placeholder.html in a clone where nobody
// built it: Go builds without Node.
//
//go:embed all:dist
var dist embed.FS

// Build gives the files of the page.
func Build() fs.FS {
	build, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return build
}
