package resttest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
	"crystalyse/internal/structure"
)

type (
	store      struct{ w *World }
	runner     struct{ w *World }
	log        struct{ w *World }
	sessions   struct{ w *World }
	structures struct{ w *World }
)

var (
	_ discovery.Store  = store{}
	_ discovery.Runner = runner{}
	_ event.Log        = log{}
	_ session.Store    = sessions{}
	_ structure.Store  = structures{}
)

func (s store) Create(_ context.Context, r discovery.Request) (discovery.Discovery, bool, error) {
	w := s.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.byRequest[r.UserID+" "+r.RequestID]; known != "" {
		return *w.discoveries[known], false, nil
	}
	sid := r.SessionID
	if sid == "" {
		sid = id.New()
		w.sessions[sid] = session.Session{ID: sid, UserID: r.UserID, Title: r.Query, CreatedAt: w.now}
	} else if w.sessions[sid].UserID != r.UserID {
		return discovery.Discovery{}, false, fault.NotFound("session", sid)
	}
	d := discovery.Discovery{ID: id.NewDiscovery(), SessionID: sid, UserID: r.UserID, RequestID: r.RequestID,
		Query: r.Query, Mode: r.Mode, Status: discovery.StatusQueued, Budget: r.Budget, CreatedAt: w.now}
	w.discoveries[d.ID] = &d
	w.order = append(w.order, d.ID)
	w.byRequest[r.UserID+" "+r.RequestID] = d.ID
	w.emit(d.ID, event.Outside("new"), event.SessionStart{Title: r.Query}, event.DiscoveryStatus{Status: "queued"})
	return d, true, nil
}

func (s store) Get(_ context.Context, userID, did string) (discovery.Discovery, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	d, err := s.w.own(userID, did)
	if err != nil {
		return discovery.Discovery{}, err
	}
	return *d, nil
}

func (s store) List(_ context.Context, userID, sessionID, before string, limit int) ([]discovery.Discovery, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	var out []discovery.Discovery
	for _, did := range newestFirst(s.w.order) {
		d := s.w.discoveries[did]
		if d.UserID == userID && (sessionID == "" || d.SessionID == sessionID) && (before == "" || did < before) && len(out) < limit {
			out = append(out, *d)
		}
	}
	return out, nil
}

func (s store) Report(_ context.Context, userID, did string) (json.RawMessage, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	d, err := s.w.own(userID, did)
	if err != nil {
		return nil, err
	}
	if !d.Status.Closed() {
		return nil, fault.New(fault.CodeConflict, "the discovery is still %s", d.Status)
	}
	return s.w.reports[did], nil
}

func (s store) Running(_ context.Context, userID, did string) ([]discovery.RunningCall, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if _, err := s.w.own(userID, did); err != nil {
		return nil, err
	}
	return slices.Clone(s.w.running[did]), nil
}

func (r runner) Start(_ context.Context, d discovery.Discovery) error {
	r.w.mu.Lock()
	start := r.w.onStart
	r.w.mu.Unlock()
	if err := start(d); err != nil {
		return err
	}
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.started[d.ID]++
	return nil
}

func (r runner) Cancel(_ context.Context, did, reason string) error {
	r.w.mu.Lock()
	cancel := r.w.onCancel
	r.w.mu.Unlock()
	return cancel(did, reason)
}

func (r runner) Update(_ context.Context, did string, u discovery.Update) error {
	r.w.mu.Lock()
	update := r.w.onUpdate
	r.w.mu.Unlock()
	return update(did, u)
}

func (r runner) Retry(_ context.Context, d discovery.Discovery) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.started[d.ID]++
	return nil
}

func (r runner) State(_ context.Context, did string) (discovery.RunState, error) {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	d, ok := r.w.discoveries[did]
	if !ok || r.w.started[did] == 0 {
		return discovery.RunState{}, fault.New(fault.CodeConflict, "the discovery is not running")
	}
	return discovery.StateOf(*d), nil
}

func (s store) Reopen(_ context.Context, userID, did string, r discovery.Retry) (discovery.Discovery, bool, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	d, err := s.w.own(userID, did)
	if err != nil {
		return discovery.Discovery{}, false, err
	}
	if s.w.byRequest["retry "+r.RequestID] == did {
		return *d, false, nil
	}
	if !d.Status.Closed() {
		return discovery.Discovery{}, false, fault.New(fault.CodeConflict, "the discovery is %s", d.Status)
	}
	s.w.byRequest["retry "+r.RequestID] = did
	d.Status, d.Retries, d.EndedAt = discovery.StatusQueued, d.Retries+1, nil
	return *d, true, nil
}

func (s store) Fork(ctx context.Context, userID, did string, f discovery.Fork) (discovery.Discovery, bool, error) {
	parent, err := s.Get(ctx, userID, did)
	if err != nil {
		return discovery.Discovery{}, false, err
	}
	if f.Turn > 1 {
		return discovery.Discovery{}, false, fault.Invalid("turn", "the discovery has no turn %d", f.Turn)
	}
	r, err := discovery.Request{UserID: userID, RequestID: f.RequestID, SessionID: parent.SessionID, Query: f.Query, Mode: parent.Mode}.Normalize()
	if err != nil {
		return discovery.Discovery{}, false, err
	}
	d, created, err := s.Create(ctx, r)
	if err != nil {
		return d, false, err
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.discoveries[d.ID].ParentID = did
	return *s.w.discoveries[d.ID], created, nil
}

func (l log) After(_ context.Context, userID, sid, did string, after int64, limit int) ([]event.Event, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if l.w.sessions[sid].UserID != userID {
		return nil, fault.NotFound("session", sid)
	}
	var out []event.Event
	for _, e := range l.w.events[sid] {
		if e.Metadata.Ord > after && (did == "" || e.Metadata.DiscoveryID == did) && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (s sessions) Get(_ context.Context, userID, sid string) (session.Session, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	x, ok := s.w.sessions[sid]
	if !ok || x.UserID != userID {
		return session.Session{}, fault.NotFound("session", sid)
	}
	return x, nil
}

func (s sessions) List(_ context.Context, userID, before string, limit int) ([]session.Session, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	var out []session.Session
	for _, sid := range newestFirst(slices.Collect(maps.Keys(s.w.sessions))) {
		x := s.w.sessions[sid]
		if x.UserID == userID && (before == "" || sid < before) && len(out) < limit {
			out = append(out, x)
		}
	}
	return out, nil
}

func (s structures) Get(_ context.Context, userID, did, sid string) (structure.Structure, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	x, ok := s.w.structures[sid]
	if own, has := s.w.structures[did+"/"+sid]; has && own.userID == userID {
		return own.Structure, nil
	}
	if !ok || x.userID != userID {
		return structure.Structure{}, fault.NotFound("structure", sid)
	}
	return x.Structure, nil
}

func (s structures) Relaxed(_ context.Context, userID, did, sid string) (bool, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	for key, x := range s.w.structures {
		if x.ID == sid && x.userID == userID && x.Structure.Relaxed() && (did == "" || key == did+"/"+sid) {
			return true, nil
		}
	}
	return false, nil
}

func (s structures) Records(ctx context.Context, userID, did string, ids []string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for _, sid := range ids {
		x, err := s.Get(ctx, userID, did, sid)
		if fault.Is(err, fault.CodeNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if out[sid], err = x.Record(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
