package schema

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// docs are the comments of types ("TaskEnd") and fields ("TaskEnd.Status").
type docs map[string]string

// readDocs reads the comments of the Go files in a folder.
func readDocs(folder string) (docs, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	d := docs{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		for _, decl := range f.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, s := range g.Specs {
				d.add(s.(*ast.TypeSpec), g.Doc)
			}
		}
	}
	return d, nil
}

func (d docs) add(t *ast.TypeSpec, doc *ast.CommentGroup) {
	if t.Doc != nil {
		doc = t.Doc
	}
	d[t.Name.Name] = line(doc)
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, n := range f.Names {
			text := line(f.Doc)
			if text == "" {
				text = line(f.Comment)
			}
			d[t.Name.Name+"."+n.Name] = text
		}
	}
}

// line gives a comment as one line that cannot end a comment of TypeScript.
func line(c *ast.CommentGroup) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(c.Text()), " "), "*/", "* /")
}
