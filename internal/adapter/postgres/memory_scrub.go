package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/memory"
)

// place is a column in which the words of a memory may stand beside its row.
type place struct {
	table, column, whose string
	document             bool   // JSON, in which they stand escaped
	also                 string // what is set with it
}

const (
	own        = "user_id = $1"
	ofSessions = "session_id IN (SELECT id FROM sessions WHERE user_id = $1)"
)

// places are those of a user. What was digested of a discovery repeats its
// question, so memories are among them; those in words of the user's own, or
// saved by a model, are left alone: each is forgotten by itself. A test holds them
// against the columns there are.
var places = []place{
	{table: "sessions", column: "title", whose: own},
	{table: "discoveries", column: "query", whose: own},
	{table: "discoveries", column: "reason", whose: own}, // of a pause
	{table: "discoveries", column: "details", whose: own},
	{table: "discoveries", column: "summary", whose: own},
	{table: "discoveries", column: "report", whose: own, document: true},
	{table: "messages", column: "body", whose: own, document: true},
	{table: "turns", column: "calls", whose: own, document: true},
	{table: "calls", column: "arguments", whose: own, document: true},
	{table: "calls", column: "tool", whose: own}, // a model may make one up
	{table: "calls", column: "result", whose: own, document: true},
	{table: "calls", column: "progress", whose: own, document: true},
	{table: "result_values", column: "body", whose: own, document: true},
	{table: "structure_use", column: "record", whose: own, document: true}, // a tool may repeat a word in a label
	{table: "uploads", column: "name", whose: own},
	{table: "uploads", column: "record", whose: own, document: true},
	{table: "said", column: "words", whose: "discovery_id IN (SELECT id FROM discoveries WHERE user_id = $1)"},
	{table: "calls", column: "error", whose: own, document: true},
	{table: "events", column: "body", whose: ofSessions, document: true},
	{table: "memories", column: "content", whose: own + " AND cardinality(spoken) = 0",
		also: ", embedding = NULL, embedding_model = '', search = " + searchOf("$2", "ARRAY(SELECT lower(f) FROM unnest(formulas) f UNION SELECT 'el:' || lower(e) FROM unnest(elements) e)")},
}

// scrub takes words that a user wants forgotten out of everything of theirs,
// wherever they stand word for word, or shortened as titles are.
func scrub(ctx context.Context, tx pgx.Tx, userID string, list []gone) error {
	var all, summed words
	for _, text := range spokenOf(list) {
		for _, w := range []*words{&all, &summed} {
			w.add(text)
			w.add(strings.Join(strings.Fields(text), " "))
		}
		for _, sentence := range memory.Sentences(text) {
			if len(sentence) >= 2*memory.Telltale {
				summed.add(sentence) // what is summed up is sentences, not all of them
			}
		}
	}
	if len(all.forms) == 0 {
		return nil
	}
	for _, p := range places {
		w := all
		if p.table == "memories" {
			w = summed
		}
		if err := p.scrub(ctx, tx, userID, w); err != nil {
			return fmt.Errorf("forget in %s.%s: %w", p.table, p.column, err)
		}
	}
	return nil
}

// spokenOf gives the words to look for, longest first: of two that begin alike the
// longer one is taken out whole.
func spokenOf(list []gone) []string {
	var out []string
	for _, g := range list {
		for _, text := range g.spoken {
			if len(text) >= memory.Telltale {
				out = append(out, text)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(out)
}

func (p place) scrub(ctx context.Context, tx pgx.Tx, userID string, w words) error {
	rows, err := tx.Query(ctx, `SELECT ctid::text, `+p.column+`::text FROM `+p.table+` WHERE `+p.whose+` AND `+p.column+` IS NOT NULL
		AND EXISTS (SELECT 1 FROM unnest($2::text[]) h WHERE position(h IN `+p.column+`::text) > 0) FOR UPDATE`, userID, w.hints)
	if err != nil {
		return err
	}
	found := map[string]string{}
	var at, text string
	if _, err := pgx.ForEachRow(rows, []any{&at, &text}, func() error { found[at] = text; return nil }); err != nil {
		return err
	}
	kind, without := "text", w.without
	if p.document {
		kind, without = "jsonb", w.withoutInJSON
	}
	for at, text := range found {
		left := without(text)
		if left == text {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE `+p.table+` SET `+p.column+` = $2::text::`+kind+p.also+` WHERE ctid = $1::tid`, at, left); err != nil {
			return err
		}
	}
	return nil
}
