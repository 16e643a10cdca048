package memory

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"

	"crystalyse/internal/event"
	"crystalyse/internal/llm"
)

// Events, transcripts and stored results never hold the content of a memory but
// a mark with its id; the content is put in when they are delivered. So a
// memory that is forgotten is gone from every log, and leaves a tombstone.

var mark = regexp.MustCompile(`\{\{memory:([0-9A-HJKMNP-TV-Z]{26})\}\}`)

// Tombstone is read in place of what was forgotten.
const Tombstone = "(forgotten)"

// Mark stands for the content of a memory.
func Mark(id string) string { return "{{memory:" + id + "}}" }

// contents is what joining needs of a store.
type contents interface {
	Contents(ctx context.Context, userID string, ids []string) (map[string]string, error)
}

// Marks gives the ids of the memories that texts stand for.
func Marks(texts ...string) []string {
	var out []string
	for _, t := range texts {
		for _, m := range mark.FindAllStringSubmatch(t, -1) {
			out = append(out, m[1])
		}
	}
	return compact(out)
}

// Join puts the contents of the user's memories into a JSON text.
func Join(ctx context.Context, s contents, userID string, doc []byte) ([]byte, error) {
	ids := Marks(string(doc))
	if len(ids) == 0 {
		return doc, nil
	}
	known, err := s.Contents(ctx, userID, ids)
	if err != nil {
		return nil, err
	}
	return []byte(fill(string(doc), known)), nil
}

// Join puts contents into a JSON text.
func (s *Service) Join(ctx context.Context, userID string, doc []byte) ([]byte, error) {
	return Join(ctx, s.Store, userID, doc)
}

// JoinedLog is a log of events whose reader gets the contents of memories.
type JoinedLog struct {
	event.Log
	Store contents
}

// After gives events with contents in the place of their marks.
func (l JoinedLog) After(ctx context.Context, userID, sessionID, discoveryID string, after int64, limit int) ([]event.Event, error) {
	events, err := l.Log.After(ctx, userID, sessionID, discoveryID, after, limit)
	if err != nil {
		return events, err
	}
	marked := map[int]bool{}
	var ids []string
	for i, e := range events {
		if found := Marks(string(e.Data)); len(found) > 0 {
			marked[i], ids = true, append(ids, found...)
		}
	}
	if len(ids) == 0 {
		return events, nil
	}
	known, err := l.Store.Contents(ctx, userID, compact(ids))
	if err != nil {
		return nil, err
	}
	for i := range marked {
		events[i].Data = []byte(fill(string(events[i].Data), known))
	}
	return events, nil
}

// fill replaces marks by contents as they stand inside of a JSON string.
func fill(text string, known map[string]string) string {
	return mark.ReplaceAllStringFunc(text, func(m string) string {
		content, ok := known[mark.FindStringSubmatch(m)[1]]
		if !ok {
			content = Tombstone
		}
		// A content that looks like a mark or a citation is only quoted.
		return inJSON(strings.ReplaceAll(content, "{{", "{ {"))
	})
}

type userKey struct{}

// For says whose memories a request to a model may quote.
func For(ctx context.Context, userID string) context.Context {
	return context.WithValue(ctx, userKey{}, userID)
}

// Quoting is a model whose requests get the contents of memories at the last
// moment, and whose replies name again what they repeat of them word for word.
// What it says in words of its own is its own.
type Quoting struct {
	llm.Model
	Store contents
}

// Turn joins contents in and asks the model.
func (q Quoting) Turn(ctx context.Context, req llm.Request, onText func(string)) (llm.Turn, error) {
	userID, _ := ctx.Value(userKey{}).(string)
	var texts []string
	for _, m := range req.Messages {
		if quotes(m) {
			texts = append(texts, m.Content)
		}
	}
	ids := Marks(texts...)
	if len(ids) == 0 || userID == "" {
		return q.Model.Turn(ctx, req, onText)
	}
	known, err := q.Store.Contents(ctx, userID, ids)
	if err != nil {
		return llm.Turn{}, err
	}
	messages := make([]llm.Message, len(req.Messages))
	for i, m := range req.Messages {
		if quotes(m) {
			m.Content = fill(m.Content, known)
		}
		messages[i] = m
	}
	req.Messages = messages
	turn, err := q.Model.Turn(ctx, req, onText)
	turn.Text = named(turn.Text, known)
	return turn, err
}

// Telltale is the shortest content, in bytes, that is taken for a repetition:
// less than that is said by chance.
const Telltale = 12

// named puts marks in the place of contents, also where they are repeated as the
// model read them: inside of a JSON string.
func named(text string, known map[string]string) string {
	for id, content := range known {
		if len(content) < Telltale {
			continue
		}
		text = strings.ReplaceAll(text, content, Mark(id))
		if quoted := inJSON(content); quoted != content {
			text = strings.ReplaceAll(text, quoted, Mark(id))
		}
	}
	return text
}

// inJSON gives a text as it stands inside of a JSON string.
func inJSON(s string) string {
	body, err := json.Marshal(s)
	if err != nil {
		return s // a string is always encoded
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(body), `"`), `"`)
}

func quotes(m llm.Message) bool { return m.Role == llm.RoleTool || m.Role == llm.RoleSystem }
