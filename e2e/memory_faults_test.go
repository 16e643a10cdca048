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

// closed is how many discoveries wait to be remembered, and many how many
// memories there are in the end: so many that a kill comes in between.
const closed, many = 150, 600

// sql asks the database of the stack, as long as it takes to come back.
func (s *stack) sql(query string, args ...any) [][]any {
	s.t.Helper()
	var out [][]any
	try := func() error {
		if s.pg == "" { // asking for it takes longer than the query
			s.pg = s.status().Postgres.Address
		}
		pw, err := os.ReadFile(filepath.Join(s.dir, "secrets", "postgres"))
		if err != nil {
			return err
		}
		conn, err := pgx.Connect(s.t.Context(), fmt.Sprintf("postgres://crystalyse:%s@%s/crystalyse?sslmode=disable", strings.TrimSpace(string(pw)), s.pg))
		if err != nil {
			s.pg = ""
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
	require.Eventually(s.t, func() bool { last = try(); return last == nil }, patience, 50*time.Millisecond, "%v", &last)
	return out
}

func (s *stack) number(query string, args ...any) int {
	s.t.Helper()
	return int(s.sql(query, args...)[0][0].(int64))
}

// remember leaves n closed discoveries in the database, as they are when a stack
// went down at their end.
func (s *stack) remember(n int) {
	s.t.Helper()
	session := id.New()
	s.sql(`INSERT INTO sessions (id, user_id, title) VALUES ($1, 'local', 'seeded')`, session)
	for i := range n {
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

// mortals are the parts that memory needs.
var mortals = []struct {
	name string
	part func(embedded.Status) embedded.Part
}{
	{"worker", func(st embedded.Status) embedded.Part { return st.Worker }},
	{"embedding server", func(st embedded.Status) embedded.Part { return st.Embedding }},
	{"PostgreSQL", func(st embedded.Status) embedded.Part { return st.Postgres }},
}

// TestMemoryKilled: worker, embedding server and database are killed in the
// middle of consolidation and of re-embedding, each in both. In the end every
// discovery is remembered once and every memory has one vector, of the current
// model.
func TestMemoryKilled(t *testing.T) {
	s := up(t)
	s.remember(closed)
	digests := func() int { return s.number(`SELECT count(*) FROM memories WHERE source LIKE 'discovery/%'`) }
	parts := s.status() // asked before: it takes as long as many digests
	code, body := s.call("POST", "/memories/consolidate", "{}")
	require.Equal(t, http.StatusAccepted, code, body)
	for i, m := range mortals {
		after := 10 + 30*i
		waitFor(t, fmt.Sprint(after, " digests"), func() bool { return digests() >= after })
		n, pid := digests(), m.part(parts).PID
		kill(t, pid)
		t.Logf("%s killed after %d of %d discoveries", m.name, n, closed)
		require.Less(t, n, closed, "it was done before it was killed")
	}
	waitFor(t, "all digests", func() bool { return digests() == closed })
	require.Equal(t, closed, s.number(`SELECT count(DISTINCT discovery_id) FROM memories WHERE source LIKE 'discovery/%'`), "none twice, none missing")
	require.Equal(t, closed, s.number(`SELECT count(*) FROM events WHERE type = 'memory_consolidate'`), "each is told once")
	s.sql(`INSERT INTO memories (id, user_id, session_id, source, type, content, search)
		SELECT substr(upper(md5(i::text)), 1, 26), user_id, session_id, 'user/' || i, 'long_term', 'note ' || i || ' of many', to_tsvector('english', 'note ' || i)
		FROM generate_series(1, $1) i, (SELECT user_id, session_id FROM memories LIMIT 1) m`, many-closed)
	for _, m := range mortals {
		s.reembed(m.name, m.part)
	}
}

// reembed gives all memories a vector of another model, lets the worker, which
// looks when it starts, make them anew, and kills a part in the middle of it.
func (s *stack) reembed(name string, part func(embedded.Status) embedded.Part) {
	s.t.Helper()
	const all = `SELECT count(*), count(DISTINCT source), md5(string_agg(id || content, '' ORDER BY id)) FROM memories`
	const now = `SELECT count(*) FROM memories WHERE embedding_model = '` + embedded.LocalEmbeddingModel + `' AND vector_dims(embedding) = 384`
	waitFor(s.t, "every part", func() bool { return s.status().Embedding.Healthy && s.status().Worker.Healthy })
	s.sql(`UPDATE memories SET embedding_model = 'old', embedding = '[1,0]'`)
	before := s.sql(all)
	old := s.status().Worker.PID
	kill(s.t, old)
	var parts embedded.Status
	waitFor(s.t, "the next worker", func() bool { parts = s.status(); return parts.Worker.PID != 0 && parts.Worker.PID != old })
	pid := part(parts).PID
	waitFor(s.t, "the first new vectors", func() bool { return s.number(now) > 0 })
	middle := s.number(now)
	kill(s.t, pid)
	waitFor(s.t, "all vectors", func() bool { return s.number(now) == many })
	s.t.Logf("%s killed with %d of %d vectors made anew", name, middle, many)
	require.Less(s.t, middle, many, "it was done before it was killed")
	require.Equal(s.t, before, s.sql(all), "nothing lost, nothing doubled, nothing changed")
}
