package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/memory"
)

// filters are those under which recall is measured; each keeps a tenth of the
// rows or more, but the last.
var filters = []struct {
	name, user string
	filter     memory.Filter
}{
	{"user with 60 % of the rows", "a", memory.Filter{}},
	{"user with 60 %, long-term only (30 %)", "a", memory.Filter{Types: []memory.Type{memory.LongTerm}}},
	{"user with 60 %, working only (15 %)", "a", memory.Filter{Types: []memory.Type{memory.Working}}},
	{"user with 30 %", "b", memory.Filter{}},
	{"user with 10 %", "c", memory.Filter{}},
	{"user with 60 %, with sodium (few)", "a", memory.Filter{Elements: []string{"Na"}}},
}

// recalls prints recall@10 under every filter, and gives the first.
func (b bench) recalls(ctx context.Context) (first float64, err error) {
	fmt.Println("| filter | rows | recall@10 against exact | questions that lost any |\n|---|---|---|---|")
	var missed []error
	for i, f := range filters {
		hit, all, lost := 0, 0, 0
		for _, q := range b.questions {
			// A text without a known word leaves the vector alone.
			got, err := b.store.Search(ctx, f.user, memory.Query{Text: "qqqq", Limit: top, Filter: f.filter}, memory.Vector{Model: model, Values: q})
			if err != nil {
				return 0, err
			}
			want, err := b.exact(ctx, f.user, f.filter, q)
			if err != nil {
				return 0, err
			}
			near := make([]float64, len(got))
			for i, h := range got {
				near[i] = 1 - h.Similarity
			}
			n := among(near, want)
			hit, all = hit+n, all+len(want)
			if n < len(want) {
				lost++
			}
		}
		r := float64(hit) / float64(all)
		if i == 0 {
			first = r
		}
		rows, err := b.rows(ctx, f.user, f.filter)
		if err != nil {
			return 0, err
		}
		fmt.Printf("| %s | %d | %.4f | %d of %d |\n", f.name, rows, r, lost, len(b.questions))
		if r < enough {
			missed = append(missed, fmt.Errorf("recall@10 of %q is %.4f", f.name, r))
		}
	}
	return first, errors.Join(missed...)
}

// among counts results that are no farther than the last of the exact ones:
// equal sentences have equal vectors, and none of them is the right one.
func among(got, want []float64) int {
	n := 0
	for _, d := range got {
		if d <= want[len(want)-1]+1e-6 {
			n++
		}
	}
	return min(n, len(want))
}

func narrowed(user string, f memory.Filter) (string, []any) {
	types := []string{string(memory.Working), string(memory.ShortTerm), string(memory.LongTerm)}
	if len(f.Types) > 0 {
		types = []string{string(f.Types[0])}
	}
	return `user_id = $1 AND type = ANY($2) AND elements @> $3`, []any{user, types, append([]string{}, f.Elements...)}
}

func (b bench) rows(ctx context.Context, user string, f memory.Filter) (n int, err error) {
	where, args := narrowed(user, f)
	return n, b.conn.QueryRow(ctx, `SELECT count(*) FROM memories WHERE `+where, args...).Scan(&n)
}

// exact gives the distances of the nearest, all of the user's memories read.
func (b bench) exact(ctx context.Context, user string, f memory.Filter, q []float32) ([]float64, error) {
	where, args := narrowed(user, f)
	rows, err := b.conn.Query(ctx, fmt.Sprintf(`SELECT (embedding::vector(%d) <=> $4) + 0 AS distance FROM memories WHERE %s ORDER BY distance LIMIT %d`, width, where, top), append(args, pgvector.NewVector(q))...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[float64])
}

// widths are the numbers of candidates that plain pgvector is tried with: its
// default first, and the most it takes last.
var widths = []int{40, 100, 200, 400, 600, 800, 1000}

// widen gives the number of candidates at which plain pgvector (no filter, its
// graph as it makes one by default) finds as much as our search does; the widest
// when it never does.
func (b bench) widen(ctx context.Context, recall float64) (int, error) {
	fmt.Println("\n| plain pgvector, candidates | recall@10 |\n|---|---|")
	want := make([][]float64, len(b.questions))
	for i, q := range b.questions {
		rows, err := b.conn.Query(ctx, fmt.Sprintf(`SELECT (embedding::vector(%d) <=> $1) + 0 AS distance FROM memories ORDER BY distance LIMIT %d`, width, top), pgvector.NewVector(q))
		if err != nil {
			return 0, err
		}
		if want[i], err = pgx.CollectRows(rows, pgx.RowTo[float64]); err != nil {
			return 0, err
		}
	}
	for _, w := range widths {
		if _, err := b.plain.Exec(ctx, fmt.Sprintf("SET hnsw.ef_search = %d", w)); err != nil {
			return 0, err
		}
		hit := 0
		for i, q := range b.questions {
			rows, err := b.plain.Query(ctx, nearest("embedding::vector(384) <=> $1"), pgvector.NewVector(q))
			if err != nil {
				return 0, err
			}
			got, err := pgx.CollectRows(rows, pgx.RowTo[float64])
			if err != nil {
				return 0, err
			}
			hit += among(got, want[i])
		}
		r := float64(hit) / float64(top*len(b.questions))
		fmt.Printf("| %d | %.4f |\n", w, r)
		if r >= recall {
			return w, nil
		}
	}
	return widths[len(widths)-1], nil
}

// nearest is the plain question: the ten nearest of all, by an index.
func nearest(column string) string {
	return fmt.Sprintf(`SELECT %s FROM memories WHERE embedding_model = '%s' ORDER BY %[1]s LIMIT %[3]d`, column, model, top)
}
