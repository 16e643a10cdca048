package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
)

// maxTwins is how many near duplicates of one memory are looked at.
const maxTwins = 10

// entry is a memory that is compared with others of its kin.
type entry struct {
	id, kin, model string
	pinned         bool
	vector         pgvector.Vector
}

// Twins compares the oldest memories that were not compared yet, each with its
// nearest of the same formulas, potentials and outcome. It gives groups of near
// duplicates round the one to keep, and the memories that were compared: when
// their groups are merged, Compared notes that. One that keeps a group is not
// among them: it may have more near duplicates than are looked at at once.
func (s *memories) Twins(ctx context.Context, userID string, similarity float64, limit int) (groups [][]memory.Memory, compared []string, err error) {
	for {
		pairs, ids, err := s.pairs(ctx, userID, similarity, limit)
		if err != nil {
			return nil, nil, err
		}
		groups, compared, gone, err := s.groups(ctx, userID, pairs, ids)
		// Nothing at all says that all is compared. Where it only means that what was
		// paired is forgotten, there is more: and less each time round.
		if err != nil || !gone || len(groups)+len(compared) > 0 {
			return groups, compared, err
		}
	}
}

// pairs compares the next memories, whose ids it gives too.
func (s *memories) pairs(ctx context.Context, userID string, similarity float64, limit int) (pairs []pair, compared []string, err error) {
	rows, err := s.pool.Query(ctx, `SELECT id, kin, embedding_model, pinned, embedding FROM memories m WHERE user_id = $1 AND type IN ('short_term', 'long_term') AND embedding_model <> ''
		AND NOT EXISTS (SELECT 1 FROM memory_compared c WHERE c.memory_id = m.id) ORDER BY id LIMIT $2`, userID, limit)
	if err != nil {
		return nil, nil, wrap(err)
	}
	next, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (entry, error) {
		var e entry
		return e, row.Scan(&e.id, &e.kin, &e.model, &e.pinned, &e.vector)
	})
	if err != nil {
		return nil, nil, wrap(err)
	}
	for _, e := range next {
		found, err := s.twinsOf(ctx, userID, e, similarity)
		if err != nil {
			return nil, nil, wrap(err)
		}
		pairs, compared = append(pairs, found...), append(compared, e.id)
	}
	return pairs, compared, nil
}

// groups loads what was paired. A group of which too little is left, because the
// user forgot the rest meanwhile, is left out, and its members have to be compared
// again; gone says that there was one.
func (s *memories) groups(ctx context.Context, userID string, pairs []pair, ids []string) (groups [][]memory.Memory, compared []string, gone bool, err error) {
	compared = ids
	for _, members := range grouped(pairs) {
		group, err := s.still(ctx, userID, members)
		if err != nil {
			return nil, nil, false, err
		}
		again := members[:1]
		if len(group) < 2 || group[0].ID != members[0] {
			again, gone = members, true
		} else {
			groups = append(groups, group)
		}
		compared = slices.DeleteFunc(compared, func(mid string) bool { return slices.Contains(again, mid) })
	}
	return groups, compared, gone, nil
}

// still gives those memories that are still there.
func (s *memories) still(ctx context.Context, userID string, ids []string) ([]memory.Memory, error) {
	out := make([]memory.Memory, 0, len(ids))
	for _, mid := range ids {
		m, err := s.Get(ctx, userID, mid)
		if fault.Is(err, fault.CodeNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// pair is two near duplicates, the one to keep first: pinned before not, then
// the newer.
type pair struct {
	keep, gone string
	pinned     bool // keep is
}

func (s *memories) twinsOf(ctx context.Context, userID string, e entry, similarity float64) ([]pair, error) {
	c := conditions{}
	c.parts = append(c.parts, "embedding_model = "+quote(e.model))
	c.user(userID, memory.Filter{Types: []memory.Type{memory.ShortTerm, memory.LongTerm}})
	c.add("kin = %s", e.kin)
	narrow, err := s.narrow(ctx, c)
	if err != nil {
		return nil, err
	}
	v := memory.Vector{Model: e.model, Values: e.vector.Slice()}
	near := nearestSQL(&c, v, maxTwins, narrow)
	rows, err := s.pool.Query(ctx, fmt.Sprintf(`SELECT m.id, m.pinned FROM (%s) near JOIN memories m USING (id) WHERE m.embedding_model = %s AND 1 - (m.embedding <=> $%d) >= %g`,
		near, quote(e.model), len(c.args), similarity), c.args...)
	if err != nil {
		return nil, err
	}
	var out []pair
	var mid string
	var pinned bool
	_, err = pgx.ForEachRow(rows, []any{&mid, &pinned}, func() error {
		switch {
		case mid == e.id || pinned && e.pinned: // what the user pinned stays
		case pinned != e.pinned && pinned, pinned == e.pinned && mid > e.id:
			out = append(out, pair{mid, e.id, pinned})
		default:
			out = append(out, pair{e.id, mid, e.pinned})
		}
		return nil
	})
	return out, err
}

// grouped puts pairs together by the one to keep. What goes into one group
// neither goes into nor keeps another.
func grouped(pairs []pair) [][]string {
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.pinned != b.pinned {
			if a.pinned {
				return -1
			}
			return 1
		}
		return cmp.Or(strings.Compare(b.keep, a.keep), strings.Compare(b.gone, a.gone))
	})
	var out [][]string
	at, taken := map[string]int{}, map[string]bool{}
	for _, p := range slices.Compact(pairs) {
		_, kept := at[p.gone]
		if taken[p.keep] || taken[p.gone] || kept {
			continue
		}
		if _, ok := at[p.keep]; !ok {
			at[p.keep] = len(out)
			out = append(out, []string{p.keep})
		}
		out[at[p.keep]], taken[p.gone] = append(out[at[p.keep]], p.gone), true
	}
	return out
}

// Compared notes that memories were compared with those there were.
func (s *memories) Compared(ctx context.Context, userID string, ids []string) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO memory_compared (memory_id, user_id) SELECT id, user_id FROM memories WHERE user_id = $1 AND id = ANY($2) ON CONFLICT DO NOTHING`, userID, ids)
	return wrap(err)
}

// Merge replaces near duplicates by the one that stays, keeping where they came
// from in its metadata, and announces it. What an earlier attempt merged, or the
// user forgot meanwhile, is left alone.
func (s *memories) Merge(ctx context.Context, userID, keep string, twins []memory.Memory) error {
	return s.inTx(ctx, func(tx pgx.Tx, q *db.Queries) error {
		if err := lockMemories(ctx, tx, userID); err != nil {
			return err
		}
		there, err := present(ctx, tx, userID, keep, twins)
		if err != nil || len(there) == 0 {
			return err
		}
		ids := make([]string, len(there))
		for i, g := range there {
			ids[i] = g.ID
		}
		merged, err := forget(ctx, tx, userID, ids, "merged", keep)
		if err != nil {
			return err
		}
		if err := inherit(ctx, tx, userID, keep, merged); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM memory_compared WHERE memory_id = $1`, keep); err != nil {
			return err
		}
		trace, err := json.Marshal(memory.Traces(there))
		if err != nil {
			return err
		}
		lasting := slices.ContainsFunc(there, func(m memory.Memory) bool { return m.Type == memory.LongTerm })
		rows, err := tx.Query(ctx, `UPDATE memories SET metadata = jsonb_set(metadata, '{merged}', coalesce(metadata->'merged', '[]') || $3::jsonb), uses = uses + $4,
			type = CASE WHEN $5 THEN 'long_term' ELSE type END WHERE user_id = $1 AND id = $2 RETURNING `+memoryColumns, userID, keep, trace, uses(there), lasting)
		if err != nil {
			return err
		}
		m, err := pgx.CollectExactlyOneRow(rows, scanMemory)
		if err != nil {
			return err
		}
		return announceMemory(ctx, q, m, "merge-"+ids[0], event.MemoryConsolidate{MemoryID: m.ID, MergedIDs: ids})
	})
}

// present gives those twins that are still there; none when the one to keep is
// not.
func present(ctx context.Context, tx pgx.Tx, userID, keep string, twins []memory.Memory) ([]memory.Memory, error) {
	ids := []string{keep}
	for _, m := range twins {
		ids = append(ids, m.ID)
	}
	rows, err := tx.Query(ctx, `SELECT id FROM memories WHERE user_id = $1 AND id = ANY($2) FOR UPDATE`, userID, ids)
	if err != nil {
		return nil, err
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.Contains(there, keep) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(twins), func(m memory.Memory) bool { return !slices.Contains(there, m.ID) }), nil
}

func uses(list []memory.Memory) int {
	n := 0
	for _, m := range list {
		n += m.Uses
	}
	return n
}
