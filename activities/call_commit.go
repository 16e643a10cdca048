package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// maxEventResult is the longest result that travels inside its event; a longer
// one is read from the call.
const maxEventResult = 32 << 10

// commit stores the outcome, what it made and the events that tell of it, in
// one transaction.
func (c *callRun) commit(ctx context.Context, out tool.Outcome) (CallResult, error) {
	now := time.Now().UTC()
	c.call.Status, c.call.Result, c.call.Error = out.Status, out.Result, out.Error
	c.call.EndedAt, c.call.DurationS = &now, now.Sub(c.call.StartedAt).Seconds()
	made := discovery.Made{}
	if out.Status == tool.StatusOK {
		if err := c.collect(ctx, &made); err != nil {
			return CallResult{}, err
		}
	}
	if err := c.a.ingest(ctx, made.Structures); err != nil {
		return CallResult{}, err
	}
	made.Call = c.call
	events, err := c.rec.Make(c.payloads(made)...)
	if err != nil {
		return CallResult{}, err
	}
	if err := c.a.Calls.Commit(ctx, c.rec.Scope(), made, append(c.said, events...)...); err != nil {
		return CallResult{}, err
	}
	c.said = nil
	c.a.logCall(ctx, c.rec.Scope(), made)
	return CallResult{Status: out.Status}, nil
}

// resultHead is what the program itself reads of any result.
type resultHead struct {
	ResumedFromStep *int           `json:"resumed_from_step"`
	Structures      []structureRef `json:"structures"`
}

// structureRef is how a result names a crystal, and what it says of it.
type structureRef struct {
	ID         string            `json:"structure_id"`
	Formula    string            `json:"formula"`
	NAtoms     int               `json:"n_atoms"`
	Origin     string            `json:"origin"`
	ParentID   string            `json:"parent_id"`
	Label      string            `json:"label"`
	SpaceGroup *event.SpaceGroup `json:"space_group"`
}

// read takes the cell out of the artifact folder. Where it comes from is told by
// the reference: the file is of whoever came to the same cell first.
func (r structureRef) read(ctx context.Context, a *Activities, by string) (structure.Structure, error) {
	s, err := a.readStructure(ctx, r.ID)
	if err != nil {
		return s, err
	}
	s.Formula, s.Origin, s.ParentID, s.Label, s.CreatedBy, s.SpaceGroup = r.Formula, r.Origin, r.ParentID, r.Label, by, nil
	if r.SpaceGroup != nil {
		s.SpaceGroup, err = json.Marshal(r.SpaceGroup)
	}
	return s, err
}

// collect takes the values out of a result and reads the structures it names.
func (c *callRun) collect(ctx context.Context, m *discovery.Made) error {
	schema, err := c.schema(ctx)
	if err != nil {
		return err
	}
	if m.Values, err = value.Extract(c.call.ID, c.call.Tool, c.call.Result, schema); err != nil {
		return fmt.Errorf("values of %s: %w", c.call.ID, err)
	}
	for i := range m.Values {
		if c.call.ReusedFrom != "" {
			m.Values[i].Origin = c.call.ReusedFrom + strings.TrimPrefix(m.Values[i].Key, c.call.ID)
		}
	}
	head := c.head()
	c.call.ResumedFromStep = head.ResumedFromStep
	for _, ref := range head.Structures {
		if !structure.IDPattern.MatchString(ref.ID) {
			return fmt.Errorf("call %s: %q is no structure id", c.call.ID, ref.ID)
		}
		s, err := ref.read(ctx, c.a, c.call.Tool)
		if err != nil {
			return err
		}
		m.Structures = append(m.Structures, s)
	}
	return nil
}

// head reads the conventions of our servers; another server's result that does
// not keep them has none.
func (c *callRun) head() resultHead {
	var h resultHead
	if json.Unmarshal(c.call.Result, &h) != nil {
		return resultHead{}
	}
	return h
}

func (c *callRun) schema(ctx context.Context) (json.RawMessage, error) {
	specs, err := c.a.Tools.Tools(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range specs {
		if s.Name == c.call.Tool && s.Server == c.call.Server {
			return s.OutputSchema, nil
		}
	}
	return nil, nil
}

// readStructure takes a structure from the artifact folder.
func (a *Activities) readStructure(ctx context.Context, id string) (structure.Structure, error) {
	f, err := a.Artifacts.Open(ctx, "structures/"+id+".json")
	if err != nil {
		return structure.Structure{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, 16<<20))
	if err != nil {
		return structure.Structure{}, fmt.Errorf("structure %s: %w", id, err)
	}
	s := structure.Structure{Body: body}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("structure %s: %w", id, err)
	}
	if s.ID != id {
		return s, fmt.Errorf("structure file %s holds %q", id, s.ID)
	}
	return s, nil
}

// payloads are the events of a finished call.
func (c *callRun) payloads(m discovery.Made) []event.Payload {
	res := event.ToolCallResult{
		CallID: c.call.ID, Tool: c.call.Tool, Server: c.call.Server, Status: string(c.call.Status),
		Error: failureEvent(c.call.Error), DurationS: c.call.DurationS, ResumedFromStep: c.call.ResumedFromStep,
		Cached: c.call.ReusedFrom != "", ReusedFrom: c.call.ReusedFrom,
	}
	if len(c.call.Result) > maxEventResult {
		res.ResultRef = c.call.ID
	} else if len(c.call.Result) > 0 {
		// A result that is no object was refused by the caller already.
		_ = json.Unmarshal(c.call.Result, &res.Result)
	}
	out := []event.Payload{}
	if c.call.Status == tool.StatusOK && c.call.Server == memory.Server && c.call.Tool == memory.ToolSearch {
		out = append(out, recalled(c.asked(), memory.Marks(string(c.call.Result)))...)
	}
	if c.call.Status == tool.StatusOK {
		for _, s := range c.head().Structures {
			out = append(out, event.StructureGenerated{
				StructureID: s.ID, CallID: c.call.ID, Formula: s.Formula, NAtoms: s.NAtoms, Origin: s.Origin,
				ParentID: s.ParentID, Label: s.Label, SpaceGroup: s.SpaceGroup,
			})
		}
		for _, v := range m.Values {
			if e, ok := energyEvent(v); ok {
				out = append(out, e)
			}
		}
	}
	out = append(out, c.endTask(c.call.Status)...)
	out = append(out, c.trouble()...)
	return append(out, res)
}

// trouble tells that the tool said no, and what may help instead, in the words
// that the plan's clients know. What the user did not allow is no trouble.
func (c *callRun) trouble() []event.Payload {
	e := c.call.Error
	if c.call.Status != tool.StatusToolError || e == nil || e.Code == string(fault.CodeDenied) {
		return nil
	}
	out := event.Error{ErrorType: event.ToolFailure, ToolName: c.call.Tool, Message: e.Message, RecoverySuggestions: e.Suggestions}
	if len(out.RecoverySuggestions) == 0 {
		out.RecoverySuggestions = []string{"retry with modified parameters"}
	}
	return []event.Payload{out}
}

// asked is the question of a memory search.
func (c *callRun) asked() string {
	var args struct {
		Query string `json:"query"`
	}
	_ = json.Unmarshal(c.call.Arguments, &args) // the tool has read them
	return args.Query
}

// energyEvent announces the energies of a result: per atom, with a potential.
func energyEvent(v value.Value) (event.EnergyCalculated, bool) {
	if v.Number == nil || v.Potential == nil || v.StructureID == "" || !strings.HasSuffix(v.Name, "energy_per_atom") || strings.HasPrefix(v.Name, "initial") {
		return event.EnergyCalculated{}, false
	}
	return event.EnergyCalculated{
		Key: v.Key, Name: v.Name, Value: *v.Number, Unit: v.Unit, StructureID: v.StructureID,
		Formula: v.Formula, Potential: v.Potential.Name, Converged: v.Converged,
	}, true
}
