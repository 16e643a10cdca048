package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/report"
	"crystalyse/internal/value"
)

// finishStep is the pseudo-step under which a discovery is closed; the same one
// whoever closes it, so that there is one discovery_complete.
const finishStep = "finish"

// Finish assembles the report of what there is and closes the discovery, once.
func (a *Activities) Finish(ctx context.Context, in FinishInput) (FinishResult, error) {
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return FinishResult{}, toTemporal(err)
	}
	if err := discovery.Spell(ctx, a.Said, in.DiscoveryID, &in.Details); err != nil {
		return FinishResult{}, toTemporal(err)
	}
	r, err := a.assemble(ctx, d, in)
	if err != nil {
		return FinishResult{}, toTemporal(err)
	}
	reportID, err := r.ID()
	if err != nil {
		return FinishResult{}, err
	}
	body, err := json.Marshal(r)
	if err != nil {
		return FinishResult{}, err
	}
	scope := scopeOf(d, in.Gen, event.Outside(finishStep), 0)
	events := []event.Event{}
	for i, p := range []event.Payload{
		event.ValidationComplete(r.Validation),
		event.DiscoveryComplete{Status: string(r.Status), ReportID: reportID, Summary: r.Summary, Usage: r.Usage},
	} {
		scope.Step = event.Outside(fmt.Sprintf("%s.%d.%d%s", finishStep, d.Retries, i, ofRun(ctx)))
		s := scope
		e, err := s.New(p)
		if err != nil {
			return FinishResult{}, err
		}
		events = append(events, e)
	}
	next, err := a.Lifecycle.Close(ctx, scope, discovery.Closing{
		Status: r.Status, Details: in.Details, Usage: r.Usage, ReportID: reportID, Report: body, Summary: r.Summary,
	}, events...)
	if err != nil {
		return FinishResult{}, toTemporal(err)
	}
	a.digestLater(ctx, d)
	return FinishResult{Status: r.Status, ReportID: reportID, Next: next, Usage: r.Usage}, nil
}

func (a *Activities) assemble(ctx context.Context, d discovery.Discovery, in FinishInput) (report.Report, error) {
	calls, err := a.Calls.Of(ctx, d.ID)
	if err != nil {
		return report.Report{}, err
	}
	values, made, err := a.Calls.Made(ctx, d.ID)
	if err != nil {
		return report.Report{}, err
	}
	for i, c := range calls {
		calls[i].Arguments = memory.WithoutContent(c.Server, c.Arguments)
	}
	text, err := a.finalText(ctx, in)
	if err != nil {
		return report.Report{}, err
	}
	if in.Status != "" || strings.TrimSpace(text) == "" {
		text = interim(in, values) + text
	}
	earlier, dids, err := a.cited(ctx, d.UserID, text)
	if err != nil {
		return report.Report{}, err
	}
	now := time.Now().UTC()
	usage := in.Usage
	if d.StartedAt != nil {
		usage.WallS = now.Sub(*d.StartedAt).Round(time.Millisecond).Seconds()
	}
	if d.Agent.Model == "" {
		// Who was to answer may be out of reach for good (a key that cannot be
		// read, a host that is not allowed any more): the discovery must end all
		// the same, else those behind it in its session never begin.
		agent, _, err := a.agent(ctx, d.UserID, d.Mode)
		switch {
		case outOfReach(err):
			a.Log.WarnContext(ctx, "the report names no model", "discovery", d.ID, "error", err)
		case err != nil:
			return report.Report{}, err
		default:
			d.Agent = agent
		}
	}
	return report.Assemble(report.Input{
		Discovery: d, Calls: calls, Values: values, Structures: made, Text: text, Earlier: earlier, Memories: a.used(ctx, d, calls, dids),
		Status: in.Status, Details: in.Details, Usage: usage, EndedAt: now,
	}), nil
}

// outOfReach reports that only the user can change that there is no model.
func outOfReach(err error) bool {
	var e *llm.Error
	return errors.As(err, &e) && !e.Retryable() || fault.Is(err, fault.CodeInvalid)
}

// finalText is the model's last word, if the last turn was one.
func (a *Activities) finalText(ctx context.Context, in FinishInput) (string, error) {
	if in.Head == "" || in.Status != "" {
		return "", nil
	}
	entries, err := a.Turns.Load(ctx, in.Head)
	if err != nil || len(entries) == 0 {
		return "", err
	}
	last := entries[len(entries)-1].Message
	if len(last.ToolCalls) > 0 {
		return "", nil
	}
	return last.Content, nil
}

// interim words what a run that was cut short has found: by citations, like
// any other answer.
func interim(in FinishInput, values []value.Value) string {
	var b strings.Builder
	why := in.Details
	if why == "" {
		why = "the model gave no answer"
	}
	fmt.Fprintf(&b, "**Stopped before an answer:** %s.\n\n", why)
	lines := interimLines(values)
	if len(lines) == 0 {
		b.WriteString("Nothing was computed to the end until then.\n")
		return b.String()
	}
	b.WriteString("What was found until then:\n\n" + strings.Join(lines, ""))
	return b.String()
}

// interimNames are the values that say most, those first that took longest.
var interimNames = []string{"average_voltage", "energy_above_hull_per_atom", "energy_above_partial_hull_per_atom", "gravimetric_capacity", "bulk_modulus",
	"formation_energy_per_atom", "space_group_number", "lattice_a", "composition_valid"}

const maxInterim = 20

func interimLines(values []value.Value) []string {
	var lines []string
	for _, name := range interimNames {
		for _, v := range values {
			if v.Name != name || strings.HasPrefix(v.Field, "structures.") || strings.HasPrefix(v.Field, "scan.") || len(lines) == maxInterim {
				continue
			}
			of := ""
			if v.Formula != "" {
				of = v.Formula + ", "
			}
			lines = append(lines, fmt.Sprintf("- %s%s: {{v:%s}}\n", of, strings.ReplaceAll(v.Name, "_", " "), v.Key))
		}
	}
	return lines
}
