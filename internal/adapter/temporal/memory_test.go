package temporal_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"

	"crystalyse/activities"
	"crystalyse/internal/adapter/openai"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/temporal"
	"crystalyse/internal/discovery"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/memory"
	"crystalyse/worker"
	"crystalyse/workflows"
)

const memories = 300

// keepers serves the upkeep of memories with the embedder, until stop.
func keepers(t *testing.T, c client.Client, db *postgres.DB, e memory.Embedder) (stop func()) {
	t.Helper()
	k := &activities.Keeping{Store: db.Memories(), Calls: db, Embedder: e, Log: slog.New(slog.DiscardHandler)}
	var started []sdk.Worker
	for _, q := range []string{workflows.QueueDiscovery, workflows.QueueTools} {
		w := sdk.New(c, q, sdk.Options{WorkerStopTimeout: time.Second})
		worker.Register(w)
		worker.RegisterKeeping(w, k)
		require.NoError(t, w.Start())
		started = append(started, w)
	}
	return func() {
		for _, w := range started {
			w.Stop()
		}
	}
}

// TestReembeddingSurvives changes the model of the vectors while the embedding
// server is killed, the sessions of PostgreSQL are cut off and the worker goes
// away: in the end every memory has one vector of the new model.
func TestReembeddingSurvives(t *testing.T) {
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	store := db.Memories()
	r, err := discovery.Request{UserID: "u", Query: "anything"}.Normalize()
	require.NoError(t, err)
	d, _, err := db.Create(t.Context(), r)
	require.NoError(t, err)
	for i := range memories {
		m, _, err := store.Write(t.Context(), "u", memory.Draft{SessionID: d.SessionID, Content: fmt.Sprintf("Na%dCl memory number %d", i+2, i)})
		require.NoError(t, err)
		require.NoError(t, store.SetEmbeddings(t.Context(), "old", []memory.Embedded{{Pending: memory.Pending{ID: m.ID, Content: m.Content}, Vector: []float32{1, 0}}}))
	}
	server := embeddedtest.Embedding(t)
	c, err := client.Dial(client.Options{HostPort: embeddedtest.Temporal(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	e := openai.NewEmbedder(openai.EmbedConfig{BaseURL: server.BaseURL, APIKey: server.APIKey, Model: server.Model})
	stop := keepers(t, c, db, e)
	keeper := temporal.NewKeeper(c)
	require.NoError(t, keeper.Reembed(t.Context(), e.Model()))

	done := func() int {
		n, err := store.Embeddings(t.Context())
		if err != nil {
			return 0 // its connection was just cut off
		}
		return n[e.Model()]
	}
	reach := func(n int) {
		require.Eventually(t, func() bool { return done() >= n }, 4*time.Minute, 20*time.Millisecond)
	}
	reach(1)
	require.NoError(t, syscall.Kill(server.PID(), syscall.SIGKILL))
	cut(t, dsn)
	reach(100)
	stop()
	defer keepers(t, c, db, e)()
	cut(t, dsn)
	reach(memories)
	require.NoError(t, c.GetWorkflow(t.Context(), "memory-embed-"+e.Model(), "").Get(t.Context(), nil))
	var n map[string]int
	require.Eventually(t, func() bool { n, err = store.Embeddings(t.Context()); return err == nil }, time.Minute, 20*time.Millisecond, "a connection that was cut off is found and left")
	require.Equal(t, map[string]int{e.Model(): memories}, n, "nothing lost, nothing doubled, nothing mixed")
}

// cut ends all connections to the database, as its death does.
func cut(t *testing.T, dsn string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
}

// TestADeadEmbedderDelaysMemoryOnly asks while nothing embeds: words answer, and
// the answer says so.
func TestADeadEmbedderDelaysMemoryOnly(t *testing.T) {
	t.Parallel()
	dsn := embeddedtest.Postgres(t)
	_, _, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(db.Close)
	r, err := discovery.Request{UserID: "u", Query: "anything"}.Normalize()
	require.NoError(t, err)
	d, _, err := db.Create(t.Context(), r)
	require.NoError(t, err)
	var asked atomic.Int32
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(sick.Close)
	for _, address := range []string{sick.URL, "http://127.0.0.1:1"} { // nobody is there
		s := &memory.Service{Store: db.Memories(), Log: slog.New(slog.DiscardHandler),
			Embedder: openai.NewEmbedder(openai.EmbedConfig{BaseURL: address, APIKey: "k", Model: "m"})}
		_, _, err = s.Write(t.Context(), "u", memory.Draft{SessionID: d.SessionID, Source: "once", Content: "NaFeO2 is layered", Type: memory.ShortTerm})
		require.NoError(t, err)
		found, err := s.Search(t.Context(), "u", memory.Query{Text: "layered oxides"})
		require.NoError(t, err)
		require.Len(t, found.Results, 1)
		require.Contains(t, found.Note, "words alone")
		text, ids := s.Offer(t.Context(), "u", d.SessionID, "What of NaFeO2?")
		require.Len(t, ids, 1)
		require.Contains(t, text, memory.Mark(ids[0]))
	}
	require.Positive(t, asked.Load())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	memory.Sweep(ctx, db.Memories(), openai.NewEmbedder(openai.EmbedConfig{BaseURL: sick.URL, Model: "m"}), slog.New(slog.DiscardHandler))
}
