// Package removal deletes a discovery or a session with everything under it:
// the run is stopped, rows, events, the live stream and the files that nobody
// else uses go, and the engine is asked to forget the history.
//
// The rows go in one transaction; what lies outside of the database follows.
// Who deletes again after a crash in between finds nothing and is done: files
// left behind are found by `crystalyse gc`, histories end by their retention.
package removal

import (
	"context"
	"log/slog"
	"time"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

// Left is what a removal leaves outside of the database.
type Left struct {
	SessionID   string
	Discoveries []string // their runs
	Structures  []string // nobody uses them any more
}

// Store deletes rows, for their owner only: another's is fault.CodeNotFound.
type Store interface {
	// OpenIn gives the ids of the discoveries of a session that are not closed.
	OpenIn(ctx context.Context, userID, sessionID string) ([]string, error)
	// RemoveDiscovery deletes a discovery. Its events keep their places, without
	// what they said, so that the session's log has no hole; one new event tells
	// viewers that it is gone.
	RemoveDiscovery(ctx context.Context, userID, discoveryID string) (Left, error)
	RemoveSession(ctx context.Context, userID, sessionID string) (Left, error)
	// Unused gives those of the structures that no record names.
	Unused(ctx context.Context, structureIDs []string) ([]string, error)
}

// Engine stops runs and forgets them.
type Engine interface {
	Cancel(ctx context.Context, discoveryID, reason string) error
	// Purge ends a run at once if it still runs, and has its history deleted.
	Purge(ctx context.Context, discoveryID string) error
}

// Stream forgets the live events of a session.
type Stream interface {
	Forget(ctx context.Context, sessionID string) error
}

// Shelf forgets files.
type Shelf interface {
	Remove(ctx context.Context, path string) error
}

// Options are what a remover works with. Stream may be nil.
type Options struct {
	Discoveries discovery.Store
	Rows        Store
	Engine      Engine
	Stream      Stream
	Files       Shelf
	Log         *slog.Logger
	// Patience is how long a run may take to stop and keep what it has, before
	// it is ended. Defaults to 15 seconds.
	Patience time.Duration
}

// Remover deletes.
type Remover struct{ Options }

// New gives a remover.
func New(o Options) *Remover {
	if o.Patience <= 0 {
		o.Patience = 15 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Remover{o}
}

// lookEvery is how often a stopping run is looked at.
const lookEvery = 100 * time.Millisecond

// Discovery deletes a discovery.
func (r *Remover) Discovery(ctx context.Context, userID, discoveryID string) error {
	d, err := r.Discoveries.Get(ctx, userID, discoveryID)
	if err != nil {
		return err
	}
	if !d.Status.Closed() {
		if err := r.stop(ctx, userID, []string{d.ID}); err != nil {
			return err
		}
	}
	left, err := r.Rows.RemoveDiscovery(ctx, userID, discoveryID)
	if err != nil {
		return err
	}
	r.clear(context.WithoutCancel(ctx), left)
	return nil
}

// Session deletes a session with all its discoveries.
func (r *Remover) Session(ctx context.Context, userID, sessionID string) error {
	open, err := r.Rows.OpenIn(ctx, userID, sessionID)
	if err != nil {
		return err
	}
	if err := r.stop(ctx, userID, open); err != nil {
		return err
	}
	left, err := r.Rows.RemoveSession(ctx, userID, sessionID)
	if err != nil {
		return err
	}
	r.clear(context.WithoutCancel(ctx), left)
	return nil
}

// stop cancels runs and waits until they are closed; one that does not close in
// time is ended.
func (r *Remover) stop(ctx context.Context, userID string, ids []string) error {
	for _, id := range ids {
		// A run that is not there has nothing to stop.
		if err := r.Engine.Cancel(ctx, id, "deleted by the user"); err != nil && !fault.Is(err, fault.CodeConflict) {
			return err
		}
	}
	wait, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	for _, id := range ids {
		closed, err := r.closes(wait, userID, id)
		if err != nil {
			return err
		}
		if closed {
			continue
		}
		if err := r.Engine.Purge(ctx, id); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// closes waits until a discovery is closed, or wait ends.
func (r *Remover) closes(wait context.Context, userID, id string) (bool, error) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		d, err := r.Discoveries.Get(context.WithoutCancel(wait), userID, id)
		if fault.Is(err, fault.CodeNotFound) || err == nil && d.Status.Closed() {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		select {
		case <-wait.Done():
			return false, nil
		case <-t.C:
		}
	}
}

// exported are the ends of names under which files of a structure may lie, those
// of older forms too.
var exported = []string{".cif", ".vasp", ".extxyz", ".json", ".annotations.json", ".annotations.2.json", ".annotations.3.json", ".annotations.relaxed.3.json"}

// clear removes what is left outside of the database. What fails stays behind
// and is told in the log: the rows are gone, so that nobody can reach it.
func (r *Remover) clear(ctx context.Context, left Left) {
	note := func(what, id string, err error) {
		if err != nil {
			r.Log.WarnContext(ctx, "something of a removed record stays behind", "what", what, "id", id, "error", err)
		}
	}
	for _, id := range left.Discoveries {
		note("run", id, r.Engine.Purge(ctx, id))
	}
	if r.Stream != nil {
		note("stream", left.SessionID, r.Stream.Forget(ctx, left.SessionID))
	}
	// Asked again: another discovery may have made the same structure meanwhile.
	unused, err := r.Rows.Unused(ctx, left.Structures)
	note("structures", left.SessionID, err)
	for _, id := range unused {
		for _, folder := range []string{"structures", "trajectories"} {
			path := folder + "/" + id + ".json"
			note(path, id, r.Files.Remove(ctx, path))
		}
		for _, suffix := range exported {
			path := "exports/" + id + suffix
			note(path, id, r.Files.Remove(ctx, path))
		}
	}
}
