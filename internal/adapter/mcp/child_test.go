package mcp

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// endless gives one letter for ever and counts what was taken.
type endless struct{ taken int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.taken += len(p)
	return len(p), nil
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	src, ended := &endless{}, 0
	l := &lines{from: src, most: 1 << 20, ended: func() { ended++ }}
	_, err := bufio.NewReader(l).ReadString('\n')
	require.ErrorContains(t, err, "a line of more than 1 MiB")
	require.ErrorContains(t, l.fault(), "a line of more than 1 MiB")
	require.LessOrEqual(t, src.taken, 1<<20+8<<10)
	require.Equal(t, 1, ended)

	many := strings.Repeat(strings.Repeat("y", 1000)+"\n", 3000)
	l = &lines{from: strings.NewReader(many), most: 1001, ended: func() {}}
	got, err := io.ReadAll(l)
	require.NoError(t, err)
	require.Equal(t, many, string(got))
	require.NoError(t, l.fault())
}
