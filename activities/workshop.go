package activities

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// The structure server reads and writes files for the API, outside of any
// discovery: one activity of a one-step workflow.
const (
	structureServer = "structure"
	toolParse       = "parse_structure"
	toolConvert     = "convert_structure"
	potentialServer = "mace"
	toolPotentials  = "list_models"
)

// ParseInput names the text of a structure file among the artifacts; the text
// itself stays out of the history.
type ParseInput struct {
	UserID string
	Path   string
	Name   string
	Format string
}

// ConvertInput asks for a file of a structure that its user may see.
type ConvertInput struct {
	UserID      string
	DiscoveryID string `json:",omitempty"` // whose word its origin is
	StructureID string
	Format      string
}

// WorkshopResult is what the tool answered. Its refusal is a result too.
type WorkshopResult struct {
	Result json.RawMessage // parse: the reference; convert: {"path": ...}
	Error  *tool.Error
}

// ParseStructure has an uploaded file read, and stores its structure for the
// user.
func (a *Activities) ParseStructure(ctx context.Context, in ParseInput) (WorkshopResult, error) {
	f, err := a.Artifacts.Open(ctx, in.Path)
	if err != nil {
		return WorkshopResult{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4<<20))
	if err != nil {
		return WorkshopResult{}, fault.Wrap(fault.CodeUnavailable, err, "the uploaded file cannot be read")
	}
	out, err := a.useWorkshop(ctx, structureServer, toolParse, map[string]any{"content": string(text), "format": in.Format}, nil)
	if err != nil || out.Error != nil {
		return WorkshopResult{Error: out.Error}, err
	}
	var parsed struct {
		Structures []json.RawMessage `json:"structures"`
	}
	var ref structureRef
	if err := json.Unmarshal(out.Result, &parsed); err != nil || len(parsed.Structures) == 0 {
		return WorkshopResult{}, fault.Wrap(fault.CodeInternal, err, "%s answered without a structure", toolParse)
	}
	if err := json.Unmarshal(parsed.Structures[0], &ref); err != nil || !structure.IDPattern.MatchString(ref.ID) {
		return WorkshopResult{}, fault.Wrap(fault.CodeInternal, err, "%s answered without a structure id", toolParse)
	}
	s, err := ref.read(ctx, a, toolParse)
	if err != nil {
		return WorkshopResult{}, err
	}
	return WorkshopResult{Result: parsed.Structures[0]}, a.Uploads.Keep(ctx, in.UserID, in.Name, in.Format, s)
}

// ConvertStructure has a structure written as a file among the artifacts.
func (a *Activities) ConvertStructure(ctx context.Context, in ConvertInput) (WorkshopResult, error) {
	told, err := a.Structures.Records(ctx, in.UserID, in.DiscoveryID, []string{in.StructureID})
	if err != nil {
		return WorkshopResult{}, err
	}
	if told[in.StructureID] == nil {
		return WorkshopResult{}, fault.NotFound("structure", in.StructureID)
	}
	out, err := a.useWorkshop(ctx, structureServer, toolConvert, map[string]any{"structure_id": in.StructureID, "format": in.Format}, told)
	return WorkshopResult{Result: out.Result, Error: out.Error}, err
}

// ListPotentials asks which potentials there are.
func (a *Activities) ListPotentials(ctx context.Context) (WorkshopResult, error) {
	out, err := a.useWorkshop(ctx, potentialServer, toolPotentials, map[string]any{}, nil)
	return WorkshopResult{Result: out.Result, Error: out.Error}, err
}

func (a *Activities) useWorkshop(ctx context.Context, server, name string, args map[string]any, told map[string]json.RawMessage) (tool.Outcome, error) {
	hb := startHeartbeat(ctx)
	defer hb.close()
	body, err := json.Marshal(args)
	if err != nil {
		return tool.Outcome{}, err
	}
	if err := a.Tools.Ready(ctx, server, func(string) {}); err != nil {
		return tool.Outcome{}, err
	}
	return a.Tools.Call(ctx, tool.Invocation{
		Tool: name, Server: server, Arguments: body, Deadline: time.Now().Add(time.Minute), OnProgress: func(tool.Progress) {}, Records: known(told),
	})
}
