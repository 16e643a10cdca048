package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
		kept, err := b.kept(ctx, f.user, f.filter)
		if err != nil {
			return 0, err
		}
		hit, all, lost := 0, 0, 0
		for _, q := range b.questions {
			// A text without a known word leaves the vector alone.
			got, err := b.store.Search(ctx, f.user, memory.Query{Text: "qqqq", Limit: top, Filter: f.filter}, memory.Vector{Model: model, Values: q})
			if err != nil {
				return 0, err
			}
			want := b.exactly(kept, q)
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
		fmt.Printf("| %s | %d | %.4f | %d of %d |\n", f.name, len(kept), r, lost, len(b.questions))
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

// kept gives the numbers of the memories that a filter keeps.
func (b bench) kept(ctx context.Context, user string, f memory.Filter) ([]int, error) {
	where, args := narrowed(user, f)
	rows, err := b.conn.Query(ctx, `SELECT id::int FROM memories WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}

// exactly gives the distances of the nearest among some memories; the vectors
// have length one.
func (b bench) exactly(among []int, q []float32) []float64 {
	best := make([]float64, 0, top+1)
	for _, n := range among {
		var dot float32
		for j, x := range b.memories[n] {
			dot += x * q[j]
		}
		if d := 1 - float64(dot); len(best) < top || d < best[top-1] {
			at, _ := slices.BinarySearch(best, d)
			best = slices.Insert(best, at, d)
			best = best[:min(len(best), top)]
		}
	}
	return best
}

// widths are the numbers of candidates that plain pgvector is tried with: its
// default first, and the most it takes last.
var widths = []int{40, 100, 200, 400, 600, 800, 1000}

// widen gives the number of candidates at which plain pgvector (no filter, its
// graph as it makes one by default) finds as much as our search does; the widest
// when it never does.
func (b bench) widen(ctx context.Context, recall float64) (int, error) {
	fmt.Println("\n| plain pgvector, candidates | recall@10 |\n|---|---|")
	everything := make([]int, len(b.memories))
	for i := range everything {
		everything[i] = i
	}
	want := make([][]float64, len(b.questions))
	for i, q := range b.questions {
		want[i] = b.exactly(everything, q)
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
