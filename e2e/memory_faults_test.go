package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/embedded"
	"crystalyse/internal/id"
	"crystalyse/internal/report"
)

// closed is how many discoveries wait to be remembered.
const closed = 150

// sql asks the database of the stack, as long as it takes to come back.
func (s *stack) sql(query string, args ...any) [][]any {
	s.t.Helper()
	var out [][]any
	try := func() error {
		pw, err := os.ReadFile(filepath.Join(s.dir, "secrets", "postgres"))
		if err != nil {
			return err
		}
		conn, err := pgx.Connect(s.t.Context(), fmt.Sprintf("postgres://crystalyse:%s@%s/crystalyse?sslmode=disable", strings.TrimSpace(string(pw)), s.status().Postgres.Address))
		if err != nil {
			return err
		}
		defer conn.Close(s.t.Context())
		rows, err := conn.Query(s.t.Context(), query, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		return err
	}
	var last error
	require.Eventually(s.t, func() bool { last = try(); return last == nil }, time.Minute, 50*time.Millisecond, "%v", &last)
	return out
}

func (s *stack) number(query string, args ...any) int {
	s.t.Helper()
	return int(s.sql(query, args...)[0][0].(int64))
}

// remember leaves closed discoveries in the database, as they are when a stack
// went down at their end.
func (s *stack) remember() {
	s.t.Helper()
	session := id.New()
	s.sql(`INSERT INTO sessions (id, user_id, title) VALUES ($1, 'local', 'seeded')`, session)
	for i := range closed {
		did, yes := "disc-"+id.New(), true
		formula := fmt.Sprintf("Na%dCl", i+2)
		body, err := json.Marshal(report.Report{
			DiscoveryID: did, SessionID: session, Query: "Validate " + formula, Mode: "creative", Status: "completed", Summary: formula + " balances.", EndedAt: time.Now(),
			Compositions: []report.Composition{{Formula: formula, Valid: &yes}},
		})
		require.NoError(s.t, err)
		s.sql(`INSERT INTO discoveries (id, session_id, user_id, request_id, query, mode, status, budget, report_id, report, ended_at)
			VALUES ($1, $2, 'local', $1, $3, 'creative', 'completed', '{}', 'r1', $4, now())`, did, session, "Validate "+formula, body)
	}
}

// TestMemoryKilled: worker, embedding server and database are killed in the
// middle of consolidation and of re-embedding. In the end every discovery is
// remembered once and every memory has one vector, of the current model.
func TestMemoryKilled(t *testing.T) {
	s := up(t)
	s.remember()
	digests := func() int { return s.number(`SELECT count(*) FROM memories WHERE source LIKE 'discovery/%'`) }
	resp, err := http.Post(s.addr+"/api/v1/memories/consolidate", "application/json", strings.NewReader("{}")) //nolint:noctx // ends with the stack
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	killed := []string{}
	for _, c := range []struct {
		after int
		part  func() embedded.Part
		name  string
	}{
		{10, func() embedded.Part { return s.status().Worker }, "worker"}, {40, func() embedded.Part { return s.status().Postgres }, "postgres"},
		{80, func() embedded.Part { return s.status().Embedding }, "embedding"}, {100, func() embedded.Part { return s.status().Worker }, "worker"},
	} {
		waitFor(t, fmt.Sprint(c.after, " digests"), func() bool { return digests() >= c.after })
		if digests() < closed {
			killed = append(killed, c.name)
		}
		kill(t, c.part().PID)
	}
	waitFor(t, "all digests", func() bool { return digests() == closed })
	t.Logf("killed in the middle of consolidation: %v", killed)
	require.Contains(t, killed, "postgres")
	require.Contains(t, killed, "worker")
	require.Equal(t, closed, s.number(`SELECT count(DISTINCT discovery_id) FROM memories WHERE source LIKE 'discovery/%'`), "none twice, none missing")
	require.Equal(t, closed, s.number(`SELECT count(*) FROM events WHERE type = 'memory_consolidate'`), "each is told once")
	s.reembed()
}

// reembed gives all memories a vector of another model and lets the worker, which
// looks when it starts, make them anew.
func (s *stack) reembed() {
	s.t.Helper()
	const all = `SELECT count(*), count(DISTINCT source), md5(string_agg(id || content, '' ORDER BY id)) FROM memories`
	const now = `SELECT count(*) FROM memories WHERE embedding_model = '` + embedded.LocalEmbeddingModel + `' AND vector_dims(embedding) = 384`
	waitFor(s.t, "the first vectors", func() bool { return s.number(now) == closed })
	s.sql(`UPDATE memories SET embedding_model = 'old', embedding = '[1,0]'`)
	before := s.sql(all)
	kill(s.t, s.status().Worker.PID)
	waitFor(s.t, "the first new vectors", func() bool { return s.number(now) > 0 })
	middle := s.number(now)
	kill(s.t, s.status().Embedding.PID)
	kill(s.t, s.status().Postgres.PID)
	kill(s.t, s.status().Worker.PID)
	waitFor(s.t, "all vectors", func() bool { return s.number(now) == closed })
	s.t.Logf("killed with %d of %d vectors made anew", middle, closed)
	require.Less(s.t, middle, closed, "it was done before it was killed")
	require.Equal(s.t, before, s.sql(all), "nothing lost, nothing doubled, nothing changed")
}
