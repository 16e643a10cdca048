package activities

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/report"
)

// Names of the memory's activities.
const (
	NameMemoryDigest = "MemoryDigest"
	NameMemoryKeep   = "MemoryKeep"
	NameMemoryEmbed  = "MemoryEmbed"
)

// Keeping is the memory's upkeep. Each of its activities may be cut off and done
// again at any point: what is done is not found again.
type Keeping struct {
	Store interface {
		memory.Store
		memory.Keeper
		memory.Backlog
	}
	Calls    discovery.Calls
	Embedder memory.Embedder // nil when nothing embeds
	Model    llm.Model       // words digests; nil only extracts
	Log      *slog.Logger
}

// KeepInput names whose memories; "" means everybody's.
type KeepInput struct{ UserID string }

// KeepResult counts what was done.
type KeepResult struct{ Digested, Promoted, Merged, Forgotten int }

const keepPage = 50

// MemoryDigest makes the short-term memory of every closed discovery that has none.
func (k *Keeping) MemoryDigest(ctx context.Context, in KeepInput) (KeepResult, error) {
	hb := startHeartbeat(ctx)
	defer hb.close()
	res, failed := KeepResult{}, map[string]bool{}
	for {
		closed, err := k.Store.Undigested(ctx, in.UserID, keepPage+len(failed))
		if err != nil {
			return res, toTemporal(err)
		}
		n := 0
		for _, c := range closed {
			if failed[c.DiscoveryID] {
				continue
			}
			n++
			if err := k.digest(ctx, c); err != nil {
				if !fault.Is(err, fault.CodeInternal) && !fault.Is(err, fault.CodeInvalid) {
					return res, toTemporal(err)
				}
				// One report that cannot be read must not keep the others from being remembered.
				k.Log.WarnContext(ctx, "a discovery cannot be remembered", "discovery", c.DiscoveryID, "error", err)
				failed[c.DiscoveryID] = true
				continue
			}
			res.Digested++
			hb.set(res)
		}
		if n == 0 {
			return res, nil
		}
	}
}

func (k *Keeping) digest(ctx context.Context, c memory.Closed) error {
	if err := k.logCalls(ctx, c); err != nil {
		return err
	}
	raw, err := k.Store.Report(ctx, c.UserID, c.DiscoveryID)
	if err != nil {
		return err
	}
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return fault.Wrap(fault.CodeInternal, err, "the report of %s cannot be read", c.DiscoveryID)
	}
	d := memory.Digest(r)
	d.Content = memory.FirstBytes(d.Content, memory.MaxContent)
	by := "extracted"
	if words := k.words(ctx, d.Content); words != "" {
		d.Content, by = words, k.Model.Identity().Model
	}
	if d.Metadata, err = json.Marshal(map[string]any{"mode": r.Mode, "status": r.Status, "worded_by": by}); err != nil {
		return err
	}
	d.Source, d.Digests = memory.DigestSource(c.DiscoveryID, c.ReportID), true
	_, _, err = k.Store.Write(ctx, c.UserID, d)
	if fault.Is(err, fault.CodeConflict) {
		return nil // forgotten by the user meanwhile
	}
	return err
}

// logCalls makes up for working memories that a crash kept from being written.
func (k *Keeping) logCalls(ctx context.Context, c memory.Closed) error {
	calls, err := k.Calls.Of(ctx, c.DiscoveryID)
	if err != nil {
		return err
	}
	values, _, err := k.Calls.Made(ctx, c.DiscoveryID)
	if err != nil {
		return err
	}
	a := &Activities{Memory: &memory.Service{Store: k.Store, Log: k.Log}, Stores: Stores{Calls: k.Calls}, Log: k.Log}
	for _, call := range calls {
		m := discovery.Made{Call: call}
		for _, v := range values {
			if v.CallID == call.ID {
				m.Values = append(m.Values, v)
			}
		}
		a.logCall(ctx, event.Scope{SessionID: c.SessionID, DiscoveryID: c.DiscoveryID, UserID: c.UserID, Gen: call.Gen, Step: call.ID}, m)
	}
	return ctx.Err()
}

// words asks the language model to word a digest; "" when it has none to trust.
func (k *Keeping) words(ctx context.Context, record string) string {
	if k.Model == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	turn, err := k.Model.Turn(ctx, llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem, Content: memory.DigestPrompt}, {Role: llm.RoleUser, Content: record}}}, func(string) {})
	if err != nil || !memory.Trusted(turn.Text, record) {
		return ""
	}
	return turn.Text
}

// MemoryKeep makes long-term what has proven itself, merges near duplicates and
// forgets what is over.
func (k *Keeping) MemoryKeep(ctx context.Context, in KeepInput) (KeepResult, error) {
	hb := startHeartbeat(ctx)
	defer hb.close()
	var res KeepResult
	users, after := []string{in.UserID}, ""
	for {
		if in.UserID == "" {
			var err error
			if users, err = k.Store.Users(ctx, after, keepPage); err != nil {
				return res, toTemporal(err)
			}
		}
		for _, u := range users {
			if err := k.keep(ctx, u, &res, hb); err != nil {
				return res, toTemporal(err)
			}
			hb.set(res)
			after = u
		}
		switch {
		case in.UserID != "":
			return res, nil // the index is over everybody's: the run over all of them looks after it
		case len(users) < keepPage:
			return res, toTemporal(k.Store.Arrange(ctx))
		}
	}
}

func (k *Keeping) keep(ctx context.Context, userID string, res *KeepResult, hb *heartbeat) error {
	now := time.Now()
	promoted, err := k.Store.Promote(ctx, userID, now)
	if err != nil {
		return err
	}
	res.Promoted += promoted
	if err := k.merge(ctx, userID, res, hb); err != nil {
		return err
	}
	for {
		gone, err := k.Store.Expire(ctx, userID, now)
		if err != nil || gone == 0 {
			return err
		}
		res.Forgotten += gone
		hb.set(*res)
	}
}

// mergeBatch is how many memories are compared before that is noted.
const mergeBatch = 100

// merge compares what was not compared yet, some at a time: cut off, it goes on
// with the batch it was in.
func (k *Keeping) merge(ctx context.Context, userID string, res *KeepResult, hb *heartbeat) error {
	for {
		groups, compared, err := k.Store.Twins(ctx, userID, memory.TwinSimilarity, mergeBatch)
		if err != nil || len(groups)+len(compared) == 0 {
			return err
		}
		for _, g := range groups {
			if err := k.Store.Merge(ctx, userID, g[0].ID, g[1:]); err != nil {
				return err
			}
			res.Merged += len(g) - 1
		}
		if err := k.Store.Compared(ctx, userID, compared); err != nil {
			return err
		}
		hb.set(*res)
	}
}

// MemoryEmbed makes the vectors of all memories that have none of the current
// model. It goes on where an earlier attempt was cut off.
func (k *Keeping) MemoryEmbed(ctx context.Context) (int, error) {
	hb := startHeartbeat(ctx)
	defer hb.close()
	total := 0
	if k.Embedder == nil {
		return 0, nil
	}
	for {
		n, err := memory.EmbedSome(ctx, k.Store, k.Embedder, embedBatch, true)
		if err != nil {
			return total, toTemporal(err)
		}
		if n == 0 {
			return total, toTemporal(k.Store.Arrange(ctx))
		}
		total += n
		hb.set(total)
	}
}

const embedBatch = 64
