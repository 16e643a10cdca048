package postgres

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/discovery"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
)

// gone is a memory that was deleted, with the words that somebody put into it.
type gone struct {
	source, discoveryID string
	spoken              []string
}

// redact takes the content of forgotten memories out of the one place that has
// it beside their rows: the arguments with which a model saved them.
func redact(ctx context.Context, tx pgx.Tx, list []gone) error {
	for _, g := range list {
		if !strings.Contains(g.source, "/save/") || g.discoveryID == "" {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE calls SET arguments = jsonb_set(arguments, '{content}', to_jsonb($3::text))
			WHERE discovery_id = $1 AND server = $2 AND btrim(arguments->>'content') = ANY ($4)`, g.discoveryID, memory.Server, memory.Tombstone, g.spoken); err != nil {
			return err
		}
		if err := rewrite(ctx, tx, "messages", "body", g, func(m *llm.Message) {
			for i := range m.ToolCalls {
				if m.ToolCalls[i].Name == memory.ToolSave {
					m.ToolCalls[i].Arguments = string(withoutContent(json.RawMessage(m.ToolCalls[i].Arguments), g.spoken))
				}
			}
		}); err != nil {
			return err
		}
		if err := rewrite(ctx, tx, "turns", "calls", g, func(calls *[]discovery.PlannedCall) {
			for i, c := range *calls {
				if c.Tool == memory.ToolSave {
					(*calls)[i].Arguments = withoutContent(c.Arguments, g.spoken)
				}
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// rewrite changes the documents of a discovery that name the tool.
func rewrite[T any](ctx context.Context, tx pgx.Tx, table, column string, g gone, change func(*T)) error {
	rows, err := tx.Query(ctx, `SELECT ctid::text, `+column+` FROM `+table+` WHERE discovery_id = $1 AND position($2 IN `+column+`::text) > 0 FOR UPDATE`, g.discoveryID, memory.ToolSave)
	if err != nil {
		return err
	}
	found := map[string]json.RawMessage{}
	var at string
	var doc json.RawMessage
	if _, err := pgx.ForEachRow(rows, []any{&at, &doc}, func() error { found[at] = append(json.RawMessage(nil), doc...); return nil }); err != nil {
		return err
	}
	for at, doc := range found {
		var v T
		if err := json.Unmarshal(doc, &v); err != nil {
			return err
		}
		change(&v)
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE `+table+` SET `+column+` = $2 WHERE ctid = $1::tid`, at, body); err != nil {
			return err
		}
	}
	return nil
}

// withoutContent replaces the content among a model's arguments.
func withoutContent(args json.RawMessage, spoken []string) json.RawMessage {
	var m map[string]any
	if json.Unmarshal(args, &m) != nil {
		return args // refused as no object: nothing was saved from it
	}
	if s, ok := m["content"].(string); !ok || !slices.Contains(spoken, strings.TrimSpace(s)) {
		return args
	}
	m["content"] = memory.Tombstone
	body, err := json.Marshal(m)
	if err != nil {
		return args
	}
	return body
}
