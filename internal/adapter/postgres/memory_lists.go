package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"crystalyse/internal/fault"
)

// An index of vectors is lists round centers that were found among the vectors
// themselves: a search reads the lists whose centers are nearest. There is none
// until there are vectors enough to find centers among (till then all are read,
// which misses nothing), and it is made anew when there are twice as many.
const (
	manyVectors = 20_000
	outgrown    = 2
	// widest is the widest vector that an index of halves takes.
	widest = 4000
	// VectorProbes is how many lists a search reads before filters; where a filter
	// leaves too few it reads on, up to moreProbes.
	VectorProbes = "160"
	moreProbes   = "640"
)

// listsFor gives the number of lists for so many vectors: more and shorter ones
// than usual, as the centers of like sentences lie close.
func listsFor(n int) int { return min(2000, int(3*math.Sqrt(float64(n)))) }

var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$`)

// CheckModel refuses what is no name of a model: it stands in statements.
func (s *memories) CheckModel(model string) error {
	if !modelName.MatchString(model) {
		return fault.Invalid("CRYSTALYSE_EMBEDDING_MODEL", "%q is no name of a model", model)
	}
	return nil
}

// Arrange makes the lists of models that have many vectors and no lists, or have
// outgrown theirs. Searches go on meanwhile with what there is. Cut off
// anywhere, it is begun again.
func (s *memories) Arrange(ctx context.Context) error {
	return s.arrangeFrom(ctx, manyVectors)
}

func (s *memories) arrangeFrom(ctx context.Context, many int) error {
	counts, err := s.Embeddings(ctx)
	if err != nil {
		return err
	}
	for model, n := range counts {
		if model == "" || n < many {
			continue
		}
		if err := s.arrange(ctx, model, n); err != nil {
			return wrap(err)
		}
	}
	return nil
}

// arrange works on a connection of its own, whose end gives back the lock and
// the settings.
func (s *memories) arrange(ctx context.Context, model string, n int) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // its work is committed or undone
	if _, err := conn.Exec(ctx, "SET statement_timeout = 0"); err != nil {
		return err
	}
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('memory lists', 0))`).Scan(&mine); err != nil || !mine {
		return err // somebody else works
	}
	sum := sha256.Sum256([]byte(model))
	prefix := "memories_lists_" + hex.EncodeToString(sum[:])[:12] + "_"
	var have string
	err = conn.QueryRow(ctx, `SELECT coalesce((SELECT l.index_name FROM memory_lists l JOIN pg_index i ON i.indexrelid = to_regclass(l.index_name)
		WHERE l.model = $1 AND i.indisvalid AND l.vectors * $2 > $3), '')`, model, outgrown, n).Scan(&have)
	if err != nil {
		return err
	}
	name := have
	if have == "" {
		name = fmt.Sprintf("%s%x", prefix, time.Now().UnixNano())
		if err := makeLists(ctx, conn, model, name, n); err != nil {
			return err
		}
	}
	return dropOthers(ctx, conn, prefix, name)
}

func makeLists(ctx context.Context, conn *pgx.Conn, model, name string, n int) error {
	var width int
	if err := conn.QueryRow(ctx, `SELECT vector_dims(embedding) FROM memories WHERE embedding_model = $1 LIMIT 1`, model).Scan(&width); err != nil {
		return err
	}
	if width > widest {
		return nil // searched exactly
	}
	lists := listsFor(n)
	// A sample of fifty vectors a list is held while centers are looked for, and
	// its distances to all of them.
	need := 64 + lists*50*4*(width+lists)>>20
	for _, sql := range []string{
		fmt.Sprintf("SET maintenance_work_mem = '%dMB'", need),
		fmt.Sprintf(`CREATE INDEX CONCURRENTLY %s ON memories USING ivfflat ((embedding::halfvec(%d)) halfvec_cosine_ops) WITH (lists = %d) WHERE embedding_model = %s`, name, width, lists, quote(model)),
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, `INSERT INTO memory_lists (model, index_name, vectors) VALUES ($1, $2, $3)
		ON CONFLICT (model) DO UPDATE SET index_name = excluded.index_name, vectors = excluded.vectors, made_at = now()`, model, name, n)
	return err
}

// dropOthers removes lists that were replaced, or that were not finished.
func dropOthers(ctx context.Context, conn *pgx.Conn, prefix, keep string) error {
	rows, err := conn.Query(ctx, `SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'memories' AND starts_with(indexname, $1) AND indexname <> $2`, prefix, keep)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+name); err != nil {
			return err
		}
	}
	return nil
}
