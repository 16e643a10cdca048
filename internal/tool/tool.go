// Package tool is an MCP tool, its invocation and its typed outcome.
//
// A tool error (the tool understood and declined) is an Outcome, given to the
// model with suggestions; a transport error (the server died) is a Go error,
// retried by the workflow engine. The two are never mixed.
package tool

import (
	"context"
	"encoding/json"
	"time"
)

// ServerWorkflow is the name under which the workflow's own tools are listed.
const ServerWorkflow = "workflow"

// Spec is what a server declares of a tool.
type Spec struct {
	Server       string          `json:"server"`
	Version      string          `json:"version"` // the server's version; part of the idempotency key
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema,omitempty"`
	Long         bool            `json:"long"` // minutes or hours: checkpoints, long timeouts
}

// Status is how a call ended.
type Status string

// The statuses of a call.
const (
	StatusOK        Status = "ok"
	StatusToolError Status = "tool_error" // the tool said no; the model is told
	StatusFailed    Status = "failed"     // the server could not be made to answer
	StatusCancelled Status = "cancelled"
)

// Error is a tool's typed refusal.
type Error struct {
	Code        string   `json:"code"`
	Message     string   `json:"message"`
	Field       string   `json:"field,omitempty"`
	Suggestions []string `json:"suggestions"`
}

// Outcome is the result of a call that the server answered. Result is a JSON
// object; it is empty when Error is set.
type Outcome struct {
	Status Status          `json:"status"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Error          `json:"error,omitempty"`
}

// Progress is one report of a running call.
type Progress struct {
	Progress float64            `json:"progress"`
	Total    float64            `json:"total"`
	Message  string             `json:"message"`
	Details  map[string]float64 `json:"details"` // name=number pairs found in the message
	At       time.Time          `json:"at"`
	Frame    *Frame             `json:"-"` // for viewers alone: coordinates are neither stored nor heard by a model
}

// Frame is the structure that a running call is at.
type Frame struct {
	StructureID string       `json:"structure_id"` // the one it began with
	Step        int          `json:"step"`
	Energy      float64      `json:"energy_per_atom"` // eV/atom
	Fmax        float64      `json:"fmax"`            // eV/angstrom
	Species     []string     `json:"species"`
	Lattice     [][3]float64 `json:"lattice"`   // three vectors, angstrom
	Quantum     float64      `json:"quantum"`   // angstrom
	Positions   []float64    `json:"positions"` // x, y, z of each atom in quanta, Cartesian
}

// Invocation is one attempt to run a tool.
type Invocation struct {
	Tool           string
	Server         string
	Arguments      json.RawMessage
	IdempotencyKey string
	CheckpointDir  string // "" for tools that are not long
	Computation    string // the print of all that decides the answer; "" if that is not known
	// Whose call it is; tools of this program that keep things by user need it,
	// servers never see it.
	UserID, SessionID, DiscoveryID string
	Fence                          int64 // higher wins over an older attempt still running
	Deadline                       time.Time
	AnswerBy                       time.Time      // from then on nothing new is begun, and what there is is the answer; zero for never
	OnProgress                     func(Progress) // called from one goroutine; must not block
	// Records is what this discovery knows of the structures among the arguments:
	// the files that servers see are of whoever came to a cell first.
	Records map[string]Record
}

// Record is what a tool is told of a structure beside its cell.
type Record struct {
	Origin     string          `json:"origin"`
	Label      string          `json:"label"`
	SpaceGroup json.RawMessage `json:"space_group"`
}

// ServerState is the condition of one MCP server, for status pages.
type ServerState struct {
	State     string    `json:"state"` // idle (starts when it is used) | waiting | starting | ready | failed
	Detail    string    `json:"detail,omitempty"`
	Version   string    `json:"version,omitempty"`
	Tools     int       `json:"tools"`
	PIDs      []int     `json:"pids"`
	Restarts  int       `json:"restarts"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Caller runs tools. Implementations own the server processes.
type Caller interface {
	// Tools lists every known tool, including those of servers that are still
	// being installed. Servers that cannot be listed are left out; States says why.
	Tools(ctx context.Context) ([]Spec, error)
	// Ready waits until the server can answer, reporting what it waits for.
	// It returns fault.CodeUnavailable when the server will not come.
	Ready(ctx context.Context, server string, waiting func(string)) error
	// Call runs a tool. When ctx ends, it returns only after the call's process
	// group has stopped working on it. A lost server is fault.CodeUnavailable.
	Call(ctx context.Context, in Invocation) (Outcome, error)
	// States gives the condition of every configured server.
	States() map[string]ServerState
}
