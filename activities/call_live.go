package activities

import (
	"encoding/base64"
	"encoding/json"
	"math"

	"crystalyse/internal/event"
	"crystalyse/internal/structure/compact"
	"crystalyse/internal/tool"
)

// finished reports whether a call says that it has done all: the last report is
// always shown.
func finished(p tool.Progress) bool { return p.Total > 0 && p.Progress >= p.Total }

// liveProgress words a report of a running call for viewers: its own numbers,
// how far its task is, and the frame of the relaxation if it is one.
func (c *callRun) liveProgress(p tool.Progress) []event.Payload {
	out := []event.Payload{event.ToolCallProgress{CallID: c.call.ID, Progress: p.Progress, Total: p.Total, Message: p.Message, Details: p.Details}}
	if c.task != nil {
		out = append(out, taskProgress(*c.task, p))
	}
	if f, ok := c.frame(p); ok {
		out = append(out, f)
	}
	return out
}

// taskProgress counts members where the tool names the one it works on, and
// steps where it does not.
func taskProgress(t event.TaskStart, p tool.Progress) event.TaskProgress {
	out := event.TaskProgress{TaskID: t.TaskID, TotalSteps: t.TotalSteps, Details: p.Message}
	if p.Total > 0 {
		out.Progress = math.Max(0, math.Min(1, p.Progress/p.Total))
	}
	if member, ok := p.Details["member"]; ok && member >= 1 {
		out.CompletedSteps = min(int(member)-1, t.TotalSteps)
	} else {
		out.CompletedSteps = int(out.Progress * float64(t.TotalSteps))
	}
	return out
}

// frame tells of the structure a relaxation is at: which one, its energy, the
// largest force, and its atoms where the tool sent them with its report.
func (c *callRun) frame(p tool.Progress) (event.StructureUpdated, bool) {
	if p.Frame != nil {
		f, err := drawable(*p.Frame)
		f.CallID = c.call.ID
		return f, err == nil // what cannot be drawn is not shown
	}
	step, ok1 := p.Details["step"]
	energy, ok2 := p.Details["energy"]
	fmax, ok3 := p.Details["fmax"]
	id := c.relaxing()
	if !ok1 || !ok2 || !ok3 || id == "" {
		return event.StructureUpdated{}, false
	}
	return event.StructureUpdated{StructureID: id, CallID: c.call.ID, Frame: int(step), Energy: energy, Fmax: fmax}, true
}

// drawable gives a frame in the form that viewers read.
func drawable(f tool.Frame) (event.StructureUpdated, error) {
	t := compact.Trajectory{
		Species: f.Species, Lattices: []compact.Lattice{{f.Lattice[0], f.Lattice[1], f.Lattice[2]}}, Positions: [][][3]float64{make([][3]float64, len(f.Species))},
	}
	for i := range f.Species {
		for axis := range 3 {
			t.Positions[0][i][axis] = f.Positions[3*i+axis] * f.Quantum
		}
	}
	body, err := compact.Encode(&t)
	return event.StructureUpdated{
		StructureID: f.StructureID, Frame: f.Step, Energy: f.Energy, Fmax: f.Fmax, Compact: base64.StdEncoding.EncodeToString(body),
	}, err
}

// relaxing names the structure being relaxed. A batch works on several at once,
// and its reports do not say which; only a batch of one is sure.
func (c *callRun) relaxing() string {
	var args struct {
		ID  string   `json:"structure_id"`
		IDs []string `json:"structure_ids"`
	}
	// Arguments of another shape name no structure.
	_ = json.Unmarshal(c.planned.Arguments, &args)
	if args.ID == "" && len(args.IDs) == 1 {
		return args.IDs[0]
	}
	return args.ID
}
