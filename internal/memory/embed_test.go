package memory_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
)

// narrow is a model that takes texts of a few bytes only, and refuses a request
// with a longer one whole.
type narrow struct{ most int }

func (narrow) Model() string { return "narrow" }

func (n narrow) Embed(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		if len(t) > n.most {
			return nil, fault.New(fault.CodeInvalid, "too long")
		}
		out[i] = []float32{float32(len(t))}
	}
	return out, nil
}

// queue is what waits for vectors.
type queue struct {
	memory.Backlog
	waiting []memory.Pending
	done    []memory.Embedded
}

func (*queue) CheckModel(string) error { return nil }

func (q *queue) Unembedded(context.Context, string, bool, int) ([]memory.Pending, error) {
	return q.waiting, nil
}

func (q *queue) SetEmbeddings(_ context.Context, _ string, list []memory.Embedded) error {
	q.done = list
	return nil
}

// TestATextThatIsTooLongKeepsNobodyWaiting: it is embedded by its beginning, and
// those that came with it whole.
func TestATextThatIsTooLongKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	q := &queue{waiting: []memory.Pending{{ID: "a", Content: "short"}, {ID: "b", Content: strings.Repeat("long ", 200)}, {ID: "c", Content: "also short"}}}
	n, err := memory.EmbedSome(t.Context(), q, narrow{most: 300}, 64, false)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Len(t, q.done, 3)
	require.Equal(t, []float32{5}, q.done[0].Vector)
	require.Equal(t, []float32{250}, q.done[1].Vector, "of its first quarter")
	require.Equal(t, q.waiting[1], q.done[1].Pending, "under the content it has")
	require.Equal(t, []float32{10}, q.done[2].Vector)

	_, err = memory.EmbedSome(t.Context(), q, narrow{}, 64, false)
	require.True(t, fault.Is(err, fault.CodeUnavailable), "a service that takes nothing is waited for")
}
