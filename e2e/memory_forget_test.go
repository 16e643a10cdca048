package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/discovery"
	"crystalyse/internal/memory"
	"crystalyse/internal/report"
)

// call sends a request to the API of the stack.
func (s *stack) call(method, path, body string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.addr+"/api/v1"+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return resp.StatusCode, string(got)
}

// keep stores a text as a memory of the user's own and gives its id.
func (s *stack) keep(text string) string {
	s.t.Helper()
	draft, err := json.Marshal(map[string]string{"content": text, "type": "long_term"})
	require.NoError(s.t, err)
	code, body := s.call("POST", "/memories", string(draft))
	require.Equal(s.t, http.StatusCreated, code, body)
	var m memory.Memory
	require.NoError(s.t, json.Unmarshal([]byte(body), &m))
	return m.ID
}

// forget forgets a memory.
func (s *stack) forget(mid string) {
	s.t.Helper()
	code, body := s.call("DELETE", "/memories/"+mid, "")
	require.Equal(s.t, http.StatusNoContent, code, body)
}

// TestForgetting: a memory that a discovery was told and repeated is, once
// forgotten, in no table, no file of Redis, the engine or the logs, and in no
// report.
func TestForgetting(t *testing.T) {
	s := up(t)
	s.discover("Validate MgO")
	const secret = "the Xenotime route to MgO was a dead end"
	mid := s.keep(secret)
	r, _ := s.discover("What did we find about MgO earlier?")
	require.Contains(t, r.Summary, secret)
	require.Contains(t, r.MemoriesUsed, mid)

	s.forget(mid)
	_, body := s.call("GET", "/discoveries/"+r.DiscoveryID+"/report", "")
	require.NotContains(t, body, "Xenotime")
	require.Contains(t, body, memory.Tombstone)
	require.Empty(t, s.tablesWith("xenotim"))
	require.Empty(t, filesWith(t, s.dir, "Xenotime"))
}

// dead is a finding that a model is told to keep, with what is escaped in JSON.
const dead = `the "Xenotime" route to MgO <900 °C> was a dead end`

// parrot is a model that saves what it is told, searches with the very words it
// was told, and repeats whatever it knows, live and in its answer.
func parrot(s said) reply {
	last := s.users[len(s.users)-1]
	what, save := strings.CutPrefix(last, "Remember that ")
	switch {
	case save && len(s.results) == 0:
		return reply{text: "You say: " + what, calls: []scripted{{memory.ToolSave, map[string]any{"content": what}}}}
	case !save && len(s.results) == 0:
		return reply{text: "I look for " + dead, calls: []scripted{{memory.ToolSearch, map[string]any{"query": dead}}}}
	}
	return reply{text: "I repeat: " + dead + ".\n\nAs I read it: " + s.results[len(s.results)-1]}
}

// TestForgettingWhatAModelRepeats: a model was told something to remember and
// says it again wherever it can. Once forgotten, it is in no table, no stream or
// file of Redis, no history of the engine, no log, and in nothing the API shows.
func TestForgettingWhatAModelRepeats(t *testing.T) {
	b := newBench(t, parrot)
	b.servers = nil
	s := b.up()
	first, _ := s.discover("Remember that " + dead)
	second, _ := s.discover("What of MgO?")
	require.Contains(t, first.Summary+second.Summary, "Xenotime")
	waitFor(t, "both to be remembered", func() bool {
		return s.number(`SELECT count(*) FROM memories WHERE source LIKE 'discovery/%'`) == 2
	})
	require.NotEmpty(t, s.tablesWith("xenotim"), "or this test proves nothing")
	require.NotEmpty(t, s.redisWith("Xenotime"), "nor this")
	_, list := s.call("GET", "/memories?limit=100", "")
	var page struct{ Memories []memory.Memory }
	require.NoError(t, json.Unmarshal([]byte(list), &page))
	forgotten := 0
	for _, m := range page.Memories {
		if strings.Contains(m.Source, "/save/") {
			code, body := s.call("DELETE", "/memories/"+m.ID, "")
			require.Equal(t, http.StatusNoContent, code, body)
			forgotten++
		}
	}
	require.Equal(t, 1, forgotten)

	require.Empty(t, s.tablesWith("xenotim"))
	require.Empty(t, s.redisWith("Xenotime"))
	c := s.engine(t)
	for _, r := range []report.Report{first, second} {
		for _, path := range []string{"", "/report", "/events"} {
			code, body := s.call("GET", "/discoveries/"+r.DiscoveryID+path, "")
			require.Equal(t, http.StatusOK, code, body)
			require.NotContains(t, body, "Xenotime", path)
		}
		for _, e := range s.history(t, c, r.DiscoveryID) {
			require.NotContains(t, e.String(), "Xenotime")
		}
	}
	_, body := s.call("GET", "/discoveries/"+second.DiscoveryID+"/report", "")
	require.Contains(t, body, memory.Tombstone, "it shows that something was here")
	waitFor(t, "the file of Redis to be written anew", func() bool { return len(filesWith(t, s.dir, "Xenotime")) == 0 })
	_, body = s.call("POST", "/memories/search", `{"query":"Xenotime"}`)
	require.NotContains(t, body, "Xenotime")
}

// asking is a model that asks with the words of a memory, and repeats what it hears.
func asking(s said) reply {
	if len(s.results) == 0 {
		return reply{calls: []scripted{{"ask_user", map[string]any{"question": "Is it so that " + dead + "?", "options": []string{dead, "no"}, "default": "no"}}}}
	}
	return reply{text: "I hear: " + s.users[len(s.users)-1] + ".\n\nAnd: " + s.results[len(s.results)-1]}
}

// TestForgettingWhatIsSaidOnTheWay: a question, its answer, an instruction and the
// reason of a pause are never in the engine, and forgotten with a memory that has
// their words.
func TestForgettingWhatIsSaidOnTheWay(t *testing.T) {
	b := newBench(t, asking)
	b.servers = nil
	s := b.up()
	d := s.ask("What of MgO?", discovery.Budget{})
	s.stands(d.ID, "it does not ask", func(st discovery.RunState) bool { return st.Reason == "question" })
	s.stands(d.ID, "what it asks is not shown", func(st discovery.RunState) bool {
		return len(st.Pending) == 1 && st.Pending[0].Options[0] == dead && strings.Contains(st.Pending[0].Text, dead)
	})
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateSteer, Text: "Mind that " + dead})
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdatePause, Reason: "for " + dead})
	s.stands(d.ID, "why it is paused is not shown", func(st discovery.RunState) bool { return strings.Contains(st.Details+st.Reason, dead) })
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateResume})
	s.tell(d.ID, discovery.Update{Kind: discovery.UpdateAnswer, Text: "yes, " + dead})
	r := s.ends(d.ID)
	require.Contains(t, r.Summary, "Mind that", "the model is told")
	require.Contains(t, r.Summary, "yes, ", "and answered")
	require.Contains(t, s.tablesWith("xenotim"), "said", "or this test proves nothing")
	for _, e := range s.history(t, s.engine(t), d.ID) {
		require.NotContains(t, e.String(), "Xenotime")
	}

	mid := s.keep(dead)
	s.forget(mid)
	require.Empty(t, s.tablesWith("xenotim"))
	require.Empty(t, s.redisWith("Xenotime"))
	waitFor(t, "the file of Redis to be written anew", func() bool { return len(filesWith(t, s.dir, "Xenotime")) == 0 })
}

// tablesWith gives the tables with a row that holds a text, in whatever case.
func (s *stack) tablesWith(text string) []string {
	s.t.Helper()
	var found []string
	for _, row := range s.sql(`SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`) {
		if s.number(fmt.Sprintf(`SELECT count(*) FROM %s x WHERE x::text ILIKE '%%' || $1 || '%%'`, row[0]), text) > 0 {
			found = append(found, row[0].(string))
		}
	}
	return found
}

// redisWith gives the keys of Redis whose value holds a text.
func (s *stack) redisWith(text string) []string {
	s.t.Helper()
	password, err := os.ReadFile(filepath.Join(s.dir, "secrets", "redis"))
	require.NoError(s.t, err)
	r := goredis.NewClient(&goredis.Options{Addr: s.status().Redis.Address, Password: strings.TrimSpace(string(password))})
	defer r.Close()
	var found []string
	keys, err := r.Keys(s.t.Context(), "*").Result()
	require.NoError(s.t, err)
	for _, k := range keys {
		kind, err := r.Type(s.t.Context(), k).Result()
		require.NoError(s.t, err)
		var held any
		switch kind {
		case "none": // it has expired meanwhile
			continue
		case "stream":
			held, err = r.XRange(s.t.Context(), k, "-", "+").Result()
		case "hash":
			held, err = r.HGetAll(s.t.Context(), k).Result()
		case "set":
			held, err = r.SMembers(s.t.Context(), k).Result()
		case "zset":
			held, err = r.ZRange(s.t.Context(), k, 0, -1).Result()
		case "list":
			held, err = r.LRange(s.t.Context(), k, 0, -1).Result()
		default:
			held, err = r.Get(s.t.Context(), k).Result()
		}
		if !errors.Is(err, goredis.Nil) {
			require.NoError(s.t, err, "%s %s", kind, k)
		}
		if strings.Contains(fmt.Sprint(held), text) {
			found = append(found, k)
		}
	}
	return found
}

// filesWith gives the files below a folder that hold a text. The database is
// asked itself; its own files keep deleted rows until it cleans up.
func filesWith(t *testing.T, dir, text string) []string {
	t.Helper()
	var found []string
	looked := map[string]bool{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // it went away meanwhile
		case d.IsDir() && path == filepath.Join(dir, "postgres"):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // it went away meanwhile
		}
		top, _, _ := strings.Cut(strings.TrimPrefix(path, dir+"/"), "/")
		looked[top] = true
		if bytes.Contains(body, []byte(text)) {
			found = append(found, path)
		}
		return nil
	}))
	for _, part := range []string{"redis", "temporal", "logs"} {
		require.True(t, looked[part], part)
	}
	return found
}
