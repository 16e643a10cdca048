package activities

import (
	"context"
	"fmt"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
	"crystalyse/internal/report"
	"crystalyse/internal/tool"
	"crystalyse/internal/value"
)

// offered gives the opening message with what earlier work knows, and the events
// that say so; "" without a memory or when nothing is near.
func (a *Activities) offered(ctx context.Context, d discovery.Discovery) (string, []event.Payload) {
	if a.Memory == nil {
		return "", nil
	}
	text, ids := a.Memory.Offer(ctx, d.UserID, d.SessionID, d.Query)
	if text == "" {
		return "", nil
	}
	return text, recalled(shorten(d.Query, 500), ids)
}

// recalled tells what was looked for, and each memory that the model was given.
func recalled(query string, ids []string) []event.Payload {
	out := []event.Payload{event.MemorySearch{Query: query, MemoryIDs: ids}}
	for _, id := range ids {
		out = append(out, event.MemoryRead{MemoryID: id})
	}
	return out
}

// logTurn keeps what the model said it found or decided as working memory; what
// it only announces is told by the calls that follow. Losing one is harmless, so
// it never fails the step.
func (a *Activities) logTurn(ctx context.Context, s event.Scope, text string) {
	if a.Memory == nil || report.ParseAnswer(text).Declined || memory.Findings(text, maxSummary) == "" {
		return // why it is declined is in the digest
	}
	values, _, err := a.Calls.Made(ctx, s.DiscoveryID)
	if err != nil {
		a.Log.DebugContext(ctx, "a turn is not remembered", "step", s.Step, "error", err)
		return
	}
	earlier, _, err := a.cited(ctx, s.UserID, text)
	if err != nil {
		a.Log.DebugContext(ctx, "a turn is remembered without the earlier values it cites", "step", s.Step, "error", err)
	}
	if said := plainly(text, append(earlier, values...)); said != "" {
		about := memory.Context{Outcome: "asked"}
		about.Cite(s.DiscoveryID, text, values)
		a.log(ctx, s, memory.Draft{Content: said, Context: about})
	}
}

// logCall keeps a summary of a call's outcome as working memory. What a crash
// loses here is made up for when the discovery is consolidated.
func (a *Activities) logCall(ctx context.Context, s event.Scope, m discovery.Made) {
	if a.Memory == nil || m.Call.Server == memory.Server || m.Call.Status == tool.StatusCancelled || m.Call.ReusedFrom != "" {
		return
	}
	a.log(ctx, s, memory.OfCall(m))
}

func (a *Activities) log(ctx context.Context, s event.Scope, d memory.Draft) {
	d.SessionID, d.DiscoveryID, d.Type = s.SessionID, s.DiscoveryID, memory.Working
	d.Source = fmt.Sprintf("%s/%d/%s", s.DiscoveryID, s.Gen, s.Step)
	if _, _, err := a.Memory.Write(ctx, s.UserID, d); err != nil && !fault.Is(err, fault.CodeConflict) && ctx.Err() == nil {
		a.Log.WarnContext(ctx, "a step is not remembered", "step", s.Step, "error", err)
	}
}

// maxSummary is the length of a working memory, in characters.
const maxSummary = 600

// plainly gives what a text found and decided as a reader of it saw it: values in
// the place of their citations, and no longer than a summary.
func plainly(text string, values []value.Value) string {
	lookup := make(map[string]value.Value, len(values))
	for _, v := range values {
		lookup[v.Key] = v
	}
	var b strings.Builder
	at := 0
	for _, r := range value.FindRefs(text) {
		b.WriteString(text[at:r.Start])
		if v, ok := lookup[r.Key]; ok {
			b.WriteString(value.Format(v))
		} else {
			b.WriteString("an unsourced value")
		}
		at = r.End
	}
	b.WriteString(text[at:])
	return memory.Findings(b.String(), maxSummary)
}

// used gives the memories that a discovery's answer stands on: those a search
// gave the model, and those of earlier discoveries whose calls were reused or
// whose values are cited.
func (a *Activities) used(ctx context.Context, d discovery.Discovery, calls []discovery.Call, cited []string) []string {
	out := []string{}
	if a.Memory == nil {
		return out
	}
	earlier := map[string]bool{}
	for _, did := range cited {
		earlier[did] = true
	}
	for _, c := range calls {
		if c.Server == memory.Server && c.Tool == memory.ToolSearch {
			out = append(out, memory.Marks(string(c.Result))...)
		}
		if did, _, ok := strings.Cut(c.ReusedFrom, "/"); ok {
			earlier[did] = true
		}
	}
	dids := make([]string, 0, len(earlier))
	for did := range earlier {
		dids = append(dids, did)
	}
	ids, err := a.Memory.OfDiscoveries(ctx, d.UserID, dids)
	if err != nil {
		a.Log.WarnContext(ctx, "the memories used cannot be named", "discovery", d.ID, "error", err)
	}
	return memory.Union(out, ids)
}

// cited loads the values of earlier discoveries of the same user that a text
// cites, under the keys it cites them by.
func (a *Activities) cited(ctx context.Context, userID, text string) (values []value.Value, dids []string, err error) {
	seen := map[string]bool{}
	for _, r := range value.FindRefs(text) {
		k, err := value.ParseKey(r.Key)
		if err != nil || k.Discovery == "" || seen[k.Discovery] {
			continue
		}
		seen[k.Discovery] = true
		d, err := a.Lifecycle.Load(ctx, k.Discovery)
		if fault.Is(err, fault.CodeNotFound) || err == nil && d.UserID != userID {
			continue // shown as unsourced, as any key that names nothing
		}
		if err != nil {
			return nil, nil, err
		}
		theirs, _, err := a.Calls.Made(ctx, k.Discovery)
		if err != nil {
			return nil, nil, err
		}
		dids = append(dids, k.Discovery)
		for _, v := range theirs {
			v.Key = k.Discovery + "/" + v.Key
			values = append(values, v)
		}
	}
	return values, dids, nil
}

// digestLater has the memory of a closed discovery made. If it cannot be started
// now, the schedule finds the discovery.
func (a *Activities) digestLater(ctx context.Context, d discovery.Discovery) {
	if a.Consolidate == nil {
		return
	}
	if err := a.Consolidate.Consolidate(ctx, d.UserID, d.ID); err != nil {
		a.Log.WarnContext(ctx, "the discovery is remembered later", "discovery", d.ID, "error", err)
	}
}
