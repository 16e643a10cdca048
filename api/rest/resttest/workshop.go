package resttest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"crystalyse/internal/artifact"
	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

type (
	keeper    struct{ w *World }
	workshop  struct{ w *World }
	artifacts struct{ w *World }
)

var (
	_ session.Keeper     = keeper{}
	_ structure.Workshop = workshop{}
	_ tool.Asker         = workshop{}
	_ artifact.Store     = artifacts{}
)

func (k keeper) Create(_ context.Context, userID, alias, title string) (session.Session, bool, error) {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	for _, x := range k.w.sessions {
		if alias != "" && x.UserID == userID && x.Alias == alias {
			return x, false, nil
		}
	}
	x := session.Session{ID: id.New(), UserID: userID, Alias: alias, Title: title, CreatedAt: k.w.now}
	k.w.sessions[x.ID] = x
	return x, true, nil
}

func (k keeper) change(userID, sid string, f func(*session.Session) error) (session.Session, error) {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	x, ok := k.w.sessions[sid]
	if !ok || x.UserID != userID {
		return x, fault.NotFound("session", sid)
	}
	if err := f(&x); err != nil {
		return x, err
	}
	k.w.sessions[sid] = x
	return x, nil
}

func (k keeper) Rename(_ context.Context, userID, sid, title string) (session.Session, error) {
	return k.change(userID, sid, func(x *session.Session) error { x.Title = title; return nil })
}

func (k keeper) End(_ context.Context, userID, sid string) (session.Session, error) {
	return k.change(userID, sid, func(x *session.Session) error {
		for _, d := range k.w.discoveries {
			if d.SessionID == sid && !d.Status.Closed() {
				return fault.New(fault.CodeConflict, "a discovery is open")
			}
		}
		if x.EndedAt == nil {
			now := k.w.now
			x.EndedAt = &now
		}
		return nil
	})
}

func (k keeper) Search(ctx context.Context, userID, text, before string, limit int) ([]session.Session, error) {
	all, err := sessions(k).List(ctx, userID, before, 1<<30)
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	var out []session.Session
	for _, x := range all {
		found := strings.Contains(x.Title, text)
		for _, d := range k.w.discoveries {
			found = found || d.SessionID == x.ID && strings.Contains(d.Query, text)
		}
		if found && len(out) < limit {
			out = append(out, x)
		}
	}
	return out, err
}

// OnParse says what the structure server answers to an upload.
func (w *World) OnParse(f func(structure.Upload) (structure.Structure, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onParse = f
}

// PutArtifact stores a file.
func (w *World) PutArtifact(path string, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files[path] = body
}

// Converted counts how often the structure server wrote a file.
func (w *World) Converted() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.converted
}

func (s workshop) Parse(_ context.Context, u structure.Upload) (json.RawMessage, error) {
	s.w.mu.Lock()
	parse := s.w.onParse
	s.w.mu.Unlock()
	x, err := parse(u)
	if err != nil {
		return nil, err
	}
	s.w.AddStructure(u.UserID, x)
	return json.Marshal(map[string]any{"structure_id": x.ID, "formula": x.Formula, "n_atoms": len(x.Species), "n_formula_units": 1, "origin": "input",
		"parent_id": nil, "label": nil, "space_group": nil, "volume_per_atom": 20.5,
		"lattice": map[string]float64{"a": 4, "b": 4, "c": 4, "alpha": 90, "beta": 90, "gamma": 90, "volume": 64}})
}

func (s workshop) Convert(ctx context.Context, userID, did, structureID, format string) (string, error) {
	suffix := map[string]string{"cif": "cif", "poscar": "vasp", "xyz": "extxyz", "json": "json", "annotations": "annotations.3.json"}[format]
	if x, err := structures(s).Get(ctx, userID, did, structureID); err == nil && x.Relaxed() && format == "annotations" {
		suffix = "annotations.relaxed.3.json"
	}
	path := "exports/" + structureID + "." + suffix
	text := format + " of " + structureID
	if format == "annotations" {
		text = `{"structure_id":"` + structureID + `","formula":"NaCl","bonds":[{"i":0,"j":1,"image":[0,0,-1],"length":2.8}],"bonds_method":"CrystalNN","bonds_note":null,"symmetry":{"space_group_number":225},"sites":null}`
	}
	s.w.PutArtifact(path, []byte(text))
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.converted++
	return path, nil
}

func (s workshop) Potentials(context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{"default":"chgnet","items":[{"key":"chgnet","name":"CHGNet","version":"0.3.0","energy_level":"GGA+U","available":true,"description":"","license":"BSD","checkpoint_sha256":"00","what_to_do":null}]}`), nil
}

func (a artifacts) Open(_ context.Context, path string) (io.ReadCloser, error) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	body, ok := a.w.files[path]
	if !ok {
		return nil, fault.NotFound("artifact", path)
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

func (a artifacts) Put(_ context.Context, path string, r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	a.w.PutArtifact(path, body)
	return nil
}

// Status gives a discovery's status.
func (w *World) Status(discoveryID string) discovery.Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.discoveries[discoveryID]; d != nil {
		return d.Status
	}
	return ""
}

type remover struct{ w *World }

func (r remover) Discovery(_ context.Context, userID, did string) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if _, err := r.w.own(userID, did); err != nil {
		return err
	}
	delete(r.w.discoveries, did)
	r.w.order = slices.DeleteFunc(r.w.order, func(x string) bool { return x == did })
	return nil
}

func (r remover) Session(_ context.Context, userID, sid string) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if x, ok := r.w.sessions[sid]; !ok || x.UserID != userID {
		return fault.NotFound("session", sid)
	}
	delete(r.w.sessions, sid)
	return nil
}
