package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"crystalyse/activities"
	"crystalyse/internal/artifact"
	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
	"crystalyse/workflows"
)

// Workshop reads and writes structure files: each a one-step workflow whose
// activity asks the structure server.
type Workshop struct {
	client    client.Client
	artifacts artifact.Shelf
}

var (
	_ structure.Workshop = (*Workshop)(nil)
	_ tool.Asker         = (*Workshop)(nil)
)

// NewWorkshop gives a workshop; uploaded texts travel through the artifacts.
func NewWorkshop(c client.Client, artifacts artifact.Shelf) *Workshop {
	return &Workshop{client: c, artifacts: artifacts}
}

// workshopPatience is how long a request waits for the structure server.
const workshopPatience = 45 * time.Second

// Parse has a file read; the same request twice is read once.
func (w *Workshop) Parse(ctx context.Context, u structure.Upload) (json.RawMessage, error) {
	name := auth.Hash(u.UserID + "\x00" + u.RequestID + "\x00" + u.Format + "\x00" + u.Text)[:40]
	path := "uploads/" + name + "-" + id.New() + ".txt" // each request has its own to remove
	if err := w.artifacts.Put(ctx, path, strings.NewReader(u.Text)); err != nil {
		return nil, err
	}
	out, err := w.run(ctx, "upload-"+name, workflows.WorkshopInput{Parse: &activities.ParseInput{UserID: u.UserID, Path: path, Name: u.Name, Format: u.Format}})
	// The text has been read, or is sent again; left behind it helps nobody.
	if rerr := w.artifacts.Remove(context.WithoutCancel(ctx), path); rerr != nil {
		slog.WarnContext(ctx, "an uploaded text stays behind", "path", path, "error", rerr)
	}
	return out.Result, err
}

// Convert has a structure written, and gives the path of the file.
func (w *Workshop) Convert(ctx context.Context, userID, discoveryID, structureID, format string) (string, error) {
	in := workflows.WorkshopInput{Convert: &activities.ConvertInput{UserID: userID, DiscoveryID: discoveryID, StructureID: structureID, Format: format}}
	out, err := w.run(ctx, strings.TrimSuffix("export-"+auth.Hash(userID)[:16]+"-"+structureID+"-"+format+"-"+discoveryID, "-"), in)
	if err != nil {
		return "", err
	}
	var file struct {
		Path string `json:"path"`
	}
	if err := json.Unmarshal(out.Result, &file); err != nil || file.Path == "" {
		return "", fault.Wrap(fault.CodeInternal, err, "the structure server named no file")
	}
	return file.Path, nil
}

// Potentials asks the potential server what it has; many who ask at the same
// time share one answer.
func (w *Workshop) Potentials(ctx context.Context) (json.RawMessage, error) {
	out, err := w.run(ctx, "potentials", workflows.WorkshopInput{})
	return out.Result, err
}

func (w *Workshop) run(ctx context.Context, workflowID string, in workflows.WorkshopInput) (activities.WorkshopResult, error) {
	ctx, cancel := context.WithTimeout(ctx, workshopPatience)
	defer cancel()
	var out activities.WorkshopResult
	run, err := w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflowID, TaskQueue: workflows.QueueDiscovery,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowExecutionTimeout: 2 * time.Minute,
	}, workflows.Workshop, in)
	if err != nil {
		return out, wrap(err, "ask the tool server")
	}
	if err := run.Get(ctx, &out); err != nil {
		return out, workshopFault(ctx, err)
	}
	if out.Error != nil {
		return out, refusal(out.Error)
	}
	return out, nil
}

// refusal is a tool's typed error as the API tells it. The tool calls the text
// "content", the API calls it "text".
func refusal(e *tool.Error) error {
	f := &fault.Error{Code: fault.CodeInvalid, Field: e.Field, Message: e.Message, Hint: strings.Join(e.Suggestions, "; ")}
	switch {
	case e.Code == "internal":
		f.Code = fault.CodeInternal
	case e.Field == "content":
		f.Field = "text"
	}
	return f
}

func workshopFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fault.Wrap(fault.CodeUnavailable, err, "the tool server did not answer in time").WithHint("look at GET /api/v1/status, then try again")
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.NonRetryable() {
		for _, code := range []fault.Code{fault.CodeInvalid, fault.CodeNotFound, fault.CodeLimit} {
			if app.Type() == string(code) {
				return fault.New(code, "%s", app.Message())
			}
		}
	}
	return fault.Wrap(fault.CodeUnavailable, err, "the tool server does not answer").WithHint("look at GET /api/v1/status, then try again")
}
