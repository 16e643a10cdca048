// Package activities says HOW each step of a discovery touches the world: one
// file each. A step commits inside its own activity: its result, the values and
// structures it made and the events that tell of it are one transaction, fenced
// by the attempt, so that a worker that was thought dead cannot write late.
package activities

import (
	"context"
	"log/slog"
	"path/filepath"

	"crystalyse/internal/artifact"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// Prompt is a versioned system prompt.
type Prompt struct {
	Text   string
	SHA256 string
}

// Stores are the ports the activities write through.
type Stores struct {
	Lifecycle  discovery.Lifecycle
	Steps      discovery.Steps
	Turns      discovery.Turns
	Calls      discovery.Calls
	Structures structure.Store
	Uploads    structure.Uploads
	Said       discovery.Said // the words of instructions and questions; nil keeps them in the engine
}

// Activities holds what the steps need. Its exported methods are the activities.
type Activities struct {
	Stores
	Tools       tool.Caller
	Model       llm.Model
	Models      llm.Chooser // gives the model of a user; nil means Model for all
	Prompts     func(discovery.Mode) (Prompt, error)
	Policy      discovery.Policy // the operator's; the zero one allows everything
	Artifacts   artifact.Store
	Checkpoints string          // folder of checkpoints, one below it per idempotency key
	Live        event.Live      // what is not stored goes here; nil drops it
	Memory      *memory.Service // nil remembers nothing
	// Keeping is the memory's upkeep; Consolidate starts it when a discovery ends.
	Keeping     *Keeping
	Consolidate memory.Consolidator
	// Print gives what decides, beside its arguments, how a server answers; false
	// for servers whose answers are never reused. Nil reuses nothing.
	Print func(server string) (string, bool)
	Log   *slog.Logger
	// Shared holds artifacts and checkpoints of workers that share no folder. Nil
	// means that they share Artifacts and Checkpoints.
	Shared    artifact.Store
	Notifier  discovery.Notifier // nil tells nobody
	LongQueue string             // queue of long calls; "" for that of all tools
	LongSlots Slots              // of the long calls of this worker; nil bounds them not

	flights flights
}

// checkpointDir is where the call with this key keeps its checkpoints.
func (a *Activities) checkpointDir(key string) string {
	return filepath.Join(a.Checkpoints, key)
}

// agent names who reasons for a user in this mode.
func (a *Activities) agent(ctx context.Context, userID string, m discovery.Mode) (discovery.Agent, Prompt, error) {
	p, err := a.Prompts(m)
	if err != nil {
		return discovery.Agent{}, Prompt{}, err
	}
	model, err := a.model(ctx, userID)
	if err != nil {
		return discovery.Agent{}, Prompt{}, err
	}
	return discovery.Agent{Identity: model.Identity(), PromptSHA256: p.SHA256}, p, nil
}

// model gives who answers a user: the endpoint of their own, or else ours.
func (a *Activities) model(ctx context.Context, userID string) (llm.Model, error) {
	if a.Models == nil {
		return a.Model, nil
	}
	return a.Models.For(ctx, userID)
}

// detached gives a context that outlives cancellation, for commits that must
// happen because the step is being cancelled.
func detached(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
