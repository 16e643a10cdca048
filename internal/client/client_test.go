package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crystalyse/api/rest"
	"crystalyse/api/rest/resttest"
	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
	"crystalyse/internal/user"
)

// noPause lets tests retry without waiting; what they wait for is a condition.
func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	w := resttest.New()
	c := client.New(client.Options{Base: serve(t, rest.New(w.Deps())) + "/", Pause: noPause})
	ctx := t.Context()

	d, err := c.Create(ctx, discovery.Request{Query: "NaCl?", Mode: discovery.ModeRigorous, Budget: discovery.Budget{ToolCalls: 7}})
	require.NoError(t, err)
	require.Equal(t, 7, d.Budget.ToolCalls)
	again, err := c.Create(ctx, discovery.Request{Query: "NaCl?", Mode: discovery.ModeRigorous, RequestID: d.RequestID})
	require.NoError(t, err)
	require.Equal(t, d.ID, again.ID)
	got, err := c.Get(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, "NaCl?", got.Query)

	var updates []discovery.Update
	w.OnUpdate(func(_ string, u discovery.Update) error { updates = append(updates, u); return nil })
	require.NoError(t, c.Update(ctx, d.ID, discovery.Update{Kind: discovery.UpdateRetryStep, Step: "t1.tool1"}))
	require.Equal(t, "t1.tool1", updates[0].Step)
	require.NotEmpty(t, updates[0].RequestID)
	require.NoError(t, c.Cancel(ctx, d.ID, "enough"))

	_, err = c.Report(ctx, d.ID)
	require.True(t, fault.Is(err, fault.CodeConflict), err)
	w.Close(d.ID, discovery.StatusCompleted, json.RawMessage(`{"x": 1.0}`), "")
	report, err := c.Report(ctx, d.ID)
	require.NoError(t, err)
	require.Equal(t, `{"x": 1.0}`, string(report))

	const sid = "st_0123456789abcdef0123456789"
	w.AddStructure(user.Local, structure.Structure{ID: sid, Formula: "NaCl", CIF: "data_NaCl"})
	cif, err := c.CIF(ctx, sid)
	require.NoError(t, err)
	require.Equal(t, "data_NaCl", string(cif))

	w.Ask(user.Local, "MgO?")
	ds, next, err := c.List(ctx, "", client.Page{Limit: 1})
	require.NoError(t, err)
	require.Len(t, ds, 1)
	ds, next, err = c.List(ctx, "", client.Page{Before: next})
	require.NoError(t, err)
	require.Len(t, ds, 1)
	require.Empty(t, next)
	ss, _, err := c.Sessions(ctx, client.Page{})
	require.NoError(t, err)
	require.Len(t, ss, 2)
	_, err = c.Servers(ctx)
	require.NoError(t, err)
}

func TestRefusalKeepsFieldAndHint(t *testing.T) {
	t.Parallel()
	c := client.New(client.Options{Base: serve(t, rest.New(resttest.New().Deps())), Pause: noPause})
	_, err := c.Create(t.Context(), discovery.Request{Query: " "})
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, fault.CodeInvalid, f.Code)
	require.Equal(t, "query", f.Field)
	require.NotEmpty(t, f.Hint)
	_, err = c.Get(t.Context(), "disc-nonsense")
	require.True(t, fault.Is(err, fault.CodeNotFound))
}

func TestCreateWhileEngineIsAway(t *testing.T) {
	t.Parallel()
	w := resttest.New()
	var tries atomic.Int32
	w.OnStart(func(discovery.Discovery) error {
		if tries.Add(1) < 3 {
			return errors.New("refused")
		}
		return nil
	})
	url := serve(t, rest.New(w.Deps()))
	d, err := client.New(client.Options{Base: url, Pause: noPause}).Create(t.Context(), discovery.Request{Query: "NaCl?"})
	require.NoError(t, err)
	require.Equal(t, w.Only(), d.ID, "however often it is sent, it is one discovery")

	w.OnStart(func(discovery.Discovery) error { return errors.New("refused") })
	_, err = client.New(client.Options{Base: url, Pause: noPause, Patience: time.Millisecond}).Create(t.Context(), discovery.Request{Query: "MgO?"})
	require.True(t, fault.Is(err, fault.CodeUnavailable))
	require.NotEmpty(t, client.Stored(err))
}

func TestNotOurServer(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]fault.Code{200: fault.CodeUnavailable, 404: fault.CodeNotFound, 418: fault.CodeInvalid, 502: fault.CodeUnavailable, 500: fault.CodeUnavailable} {
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>"))
		}))
		_, err := client.New(client.Options{Base: url, Pause: noPause, Patience: time.Nanosecond}).Get(t.Context(), "disc-x")
		require.True(t, fault.Is(err, code), "%d: %v", status, err)
	}
}

// mortal is an API that can be killed: every connection is cut, and so are new
// ones until it lives again. Its port stays its own meanwhile.
type mortal struct {
	*httptest.Server
	dead atomic.Bool
}

func serveMortal(t *testing.T, api http.Handler) *mortal {
	t.Helper()
	m := &mortal{Server: httptest.NewUnstartedServer(api)}
	m.Config.ConnState = func(c net.Conn, s http.ConnState) {
		if s == http.StateNew && m.dead.Load() {
			_ = c.Close() // its client learns it
		}
	}
	m.Start()
	t.Cleanup(m.Close)
	return m
}

func (m *mortal) kill() {
	m.dead.Store(true)
	m.CloseClientConnections()
}

func (m *mortal) live() { m.dead.Store(false) }

func TestFollowSurvivesTheServer(t *testing.T) {
	t.Parallel()
	w := resttest.New()
	m := serveMortal(t, rest.New(w.Deps()))
	d := w.Ask(user.Local, "NaCl?")

	lost := make(chan struct{}, 1)
	c := client.New(client.Options{Base: m.URL, Pause: func(ctx context.Context, _ time.Duration) error {
		select {
		case lost <- struct{}{}:
		default:
		}
		runtime.Gosched()
		return ctx.Err()
	}})
	var ords []int64
	seen := make(chan int64, 100)
	done := make(chan error, 1)
	go func() {
		done <- c.Follow(t.Context(), d.ID, 0, client.Follower{Batch: func(b client.Batch) error {
			for _, e := range b.Events {
				ords = append(ords, e.Metadata.Ord)
				seen <- e.Metadata.Ord
			}
			return nil
		}})
	}()
	expect := func(ord int64) {
		for got := int64(0); got < ord; got = <-seen {
		}
	}
	expect(2)
	for turn := 1; turn <= 3; turn++ {
		w.Emit(d.ID, "t1.llm", event.ReasoningStart{Turn: turn})
		expect(int64(2*turn + 1))
		m.kill()
		<-lost
		w.Emit(d.ID, "t1.llm", event.ReasoningEnd{Turn: turn})
		m.live()
		expect(int64(2*turn + 2))
	}
	w.Close(d.ID, discovery.StatusCompleted, nil, "")
	require.NoError(t, <-done)
	require.Equal(t, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, ords, "nothing missed, nothing twice")
}

func TestFollowEnds(t *testing.T) {
	t.Parallel()
	t.Run("InLongPages", func(t *testing.T) {
		t.Parallel()
		w := resttest.New()
		d := w.Ask(user.Local, "NaCl?")
		for range 1200 {
			w.Emit(d.ID, "t1.llm", event.ReasoningStart{Turn: 1})
		}
		w.Close(d.ID, discovery.StatusDeclined, nil, "")
		n := 0
		c := client.New(client.Options{Base: serve(t, rest.New(w.Deps())), Pause: noPause})
		require.NoError(t, c.Follow(t.Context(), d.ID, 0, client.Follower{Batch: func(b client.Batch) error { n += len(b.Events); return nil }}))
		require.Equal(t, 1203, n)
	})
	t.Run("WithTheCallersError", func(t *testing.T) {
		t.Parallel()
		w := resttest.New()
		d := w.Ask(user.Local, "NaCl?")
		enough := errors.New("enough")
		c := client.New(client.Options{Base: serve(t, rest.New(w.Deps())), Pause: noPause})
		require.ErrorIs(t, c.Follow(t.Context(), d.ID, 0, client.Follower{Batch: func(client.Batch) error { return enough }}), enough)
	})
	t.Run("WithoutAServer", func(t *testing.T) {
		t.Parallel()
		lost, moved := 0, 0
		c := client.New(client.Options{Base: "http://127.0.0.1:1", Pause: noPause, Patience: time.Second,
			Locate: func(context.Context) (string, error) { moved++; return "http://127.0.0.1:2", nil }})
		err := c.Follow(t.Context(), "disc-x", 0, client.Follower{Batch: func(client.Batch) error { return nil }, Lost: func(error) { lost++ }})
		require.True(t, fault.Is(err, fault.CodeUnavailable))
		require.Greater(t, lost, 1)
		require.Positive(t, moved)
		require.Equal(t, "http://127.0.0.1:2", c.Base())
	})
	t.Run("WithoutTheDiscovery", func(t *testing.T) {
		t.Parallel()
		c := client.New(client.Options{Base: serve(t, rest.New(resttest.New().Deps())), Pause: noPause})
		err := c.Follow(t.Context(), "disc-x", 0, client.Follower{})
		require.True(t, fault.Is(err, fault.CodeNotFound))
	})
}
