package mcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"crystalyse/internal/tool"
)

var (
	compiled sync.Map // schema text -> *jsonschema.Schema or nil
	english  = message.NewPrinter(language.English)
)

func compile(schema json.RawMessage) *jsonschema.Schema {
	if len(schema) == 0 {
		return nil
	}
	if s, ok := compiled.Load(string(schema)); ok {
		return s.(*jsonschema.Schema)
	}
	var s *jsonschema.Schema
	if doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema)); err == nil {
		c := jsonschema.NewCompiler()
		if c.AddResource("schema.json", doc) == nil {
			// A schema that does not compile is the server's mistake; its tools
			// stay usable, unchecked.
			s, _ = c.Compile("schema.json")
		}
	}
	compiled.Store(string(schema), s)
	return s
}

// checkArguments refuses arguments that do not fit the schema, naming the field,
// before the server is troubled.
func checkArguments(schema, args json.RawMessage) *tool.Error {
	field, why, ok := validate(schema, args)
	if ok {
		return nil
	}
	return &tool.Error{Code: "invalid_input", Field: field, Message: why, Suggestions: []string{"correct this argument and call again"}}
}

// checkResult refuses a result that is not what the server declared.
func checkResult(schema, result json.RawMessage) *tool.Error {
	field, why, ok := validate(schema, result)
	if ok {
		return nil
	}
	return &tool.Error{Code: "bad_result", Field: field, Message: "the tool's result is not what it declares: " + why,
		Suggestions: []string{"do not use this tool's numbers", "use another tool"}}
}

func validate(schema, doc json.RawMessage) (field, why string, ok bool) {
	s := compile(schema)
	if s == nil {
		return "", "", true
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return "", "is no JSON", false
	}
	err = s.Validate(v)
	var ve *jsonschema.ValidationError
	if !errors.As(err, &ve) {
		return "", "", err == nil
	}
	for len(ve.Causes) > 0 {
		ve = ve.Causes[0]
	}
	return strings.Join(ve.InstanceLocation, "."), ve.ErrorKind.LocalizedString(english), false
}
