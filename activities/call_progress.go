package activities

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"crystalyse/internal/event"
	"crystalyse/internal/tool"
)

// progressEvery bounds how often a running call's progress is stored, liveEvery
// how often viewers hear of it.
const (
	progressEvery = time.Second
	liveEvery     = 100 * time.Millisecond
)

// waitReady waits for the server, telling viewers what is being waited for (an
// environment that is still being installed, a process that starts).
func (c *callRun) waitReady(ctx context.Context) error {
	waited := false
	taskID := c.call.ID + ".wait"
	err := c.a.Tools.Ready(ctx, c.call.Server, func(what string) {
		c.hb.set(map[string]string{"waiting": what})
		if waited {
			c.rec.Live(event.TaskProgress{TaskID: taskID, TotalSteps: 1, Details: what})
			c.note(ctx, tool.Progress{Message: what, At: time.Now().UTC()})
			return
		}
		waited = true
		if err := c.announceThen(ctx, event.TaskStart{TaskID: taskID, TaskType: "waiting", TotalSteps: 1, Details: what}); err != nil {
			c.a.Log.WarnContext(ctx, "an event could not be stored", "call", c.call.ID, "error", err)
		}
	})
	if !waited {
		return err
	}
	end := event.TaskEnd{TaskID: taskID, TaskType: "waiting", TotalSteps: 1, CompletedSteps: 1, Status: "completed", Details: "ready"}
	if err != nil {
		end.CompletedSteps, end.Status, end.Details = 0, "failed", err.Error()
	}
	if eerr := c.announceThen(detached(ctx), end); eerr != nil && err == nil {
		return eerr
	}
	return err
}

// announceThen stores an event of the call, after what announces it.
func (c *callRun) announceThen(ctx context.Context, p event.Payload) error {
	if err := c.say(p); err != nil {
		return err
	}
	return c.announce(ctx)
}

// note stores progress; losing one is harmless.
func (c *callRun) note(ctx context.Context, p tool.Progress) {
	if err := c.a.Calls.Progress(ctx, c.rec.Scope(), c.call, p); err != nil && ctx.Err() == nil {
		c.a.Log.DebugContext(ctx, "progress could not be stored", "call", c.call.ID, "error", err)
	}
}

// progress gives the callback of a running call: every report reaches the
// heartbeat, about ten a second the viewers, and about one a second is stored.
func (c *callRun) progress(ctx context.Context) func(tool.Progress) {
	var mu sync.Mutex
	var stored, shown, framed time.Time
	return func(p tool.Progress) {
		c.hb.set(map[string]any{"message": p.Message, "progress": p.Progress, "total": p.Total})
		<-c.told // what announces the call is shown first
		mu.Lock()
		now := time.Now()
		if p.Frame != nil && now.Sub(framed) < liveEvery {
			p.Frame = nil
		} else if p.Frame != nil {
			framed = now
		}
		store, show := now.Sub(stored) >= progressEvery, now.Sub(shown) >= liveEvery || finished(p) || p.Frame != nil
		if store {
			stored = now
		}
		if show {
			shown = now
		}
		mu.Unlock()
		if show {
			c.rec.Live(c.liveProgress(p)...)
		}
		if store {
			c.note(ctx, p)
			if err := c.copies.copy(ctx); err != nil && ctx.Err() == nil {
				c.a.Log.WarnContext(ctx, "a checkpoint could not be copied; another host would begin further back", "call", c.call.ID, "error", err)
			}
		}
	}
}

// taskTypes names the phases that long tools are.
var taskTypes = map[string]string{
	"generate_crystal_csp":       "structure_search",
	"prescreen_structures":       "screening",
	"relax_structure":            "relaxation",
	"relax_structures":           "relaxation",
	"calculate_formation_energy": "formation_energy",

	"calculate_energy_above_hull": "hull",
	"fit_equation_of_state":       "equation_of_state",
	"compare_models":              "model_comparison",
	"generate_de_novo":            "structure_search",
	"battery_metrics":             "battery",
}

// startTask opens the task of a long call.
func (c *callRun) startTask() error {
	if !c.planned.Long {
		return nil
	}
	kind := taskTypes[c.call.Tool]
	if kind == "" {
		kind = "tool"
	}
	c.task = &event.TaskStart{TaskID: c.call.ID, TaskType: kind, TotalSteps: c.members(), Details: summaryOf(c.planned)}
	return c.say(*c.task)
}

// members counts what a batch works on; 1 for a single calculation.
func (c *callRun) members() int { return membersOf(c.planned.Arguments) }

func membersOf(arguments json.RawMessage) int {
	var args struct {
		IDs     []string `json:"structure_ids"`
		Samples int      `json:"num_samples"`
	}
	// Arguments of another shape just count as one.
	_ = json.Unmarshal(arguments, &args)
	return max(1, len(args.IDs), args.Samples)
}

func (c *callRun) endTask(s tool.Status) []event.Payload {
	if c.task == nil {
		return nil
	}
	end := event.TaskEnd{TaskID: c.task.TaskID, TaskType: c.task.TaskType, TotalSteps: c.task.TotalSteps, Status: "failed"}
	switch s {
	case tool.StatusOK:
		end.Status, end.CompletedSteps = "completed", end.TotalSteps
	case tool.StatusCancelled:
		end.Status = "cancelled"
	}
	return []event.Payload{end}
}
