package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crystalyse/internal/fault"
)

// A command that reads must not install gigabytes because it ran elsewhere.
func TestReadingStartsNothing(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	for _, args := range [][]string{{"sessions"}, {"list"}, {"report", "disc-01JZZZZZZZZZZZZZZZZZZZZZZZ"}, {"cancel", "disc-01JZZZZZZZZZZZZZZZZZZZZZZZ"}} {
		t.Run(args[0], func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state")
			root := newRoot()
			root.SetArgs(append(args, "--state-dir", state))
			err := root.ExecuteContext(t.Context())
			require.Equal(t, fault.CodeUnavailable, fault.CodeOf(err))
			require.ErrorContains(t, err, state)
			require.NoDirExists(t, filepath.Join(state, "envs"))
			require.NoDirExists(t, filepath.Join(state, "logs"))
		})
	}
}

func command(t *testing.T, args ...string) ran {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs(append([]string{}, args...)) // nil is what the tests were started with
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.ExecuteContext(t.Context())
	text := ""
	if err != nil {
		text = err.Error()
	}
	return ran{exitCodeOf(err), out.String(), text}
}

func TestWrongUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"a command there is none of": {"discove", "x"}, "a word too many": {"status", "now"}, "an unknown flag": {"status", "--jsn"},
	} {
		r := command(t, args...)
		require.Equal(t, exitUsage, r.code, "%s: %s", name, r.err)
		require.NotEmpty(t, r.err)
	}
	require.Contains(t, command(t, "discove").err, "did you mean discover?")
	require.Contains(t, command(t, "memory", "serch", "x").err, "did you mean search?")
	require.Equal(t, exitUsage, command(t, "memory", "serch", "x").code)
	require.Zero(t, command(t).code, "without a command: the help")
	require.Zero(t, command(t, "memory").code)
}

// TestHelpIsInGroups: every command of a group exists, and is listed once.
func TestHelpIsInGroups(t *testing.T) {
	out := command(t, "--help").out
	for _, g := range groups {
		require.Contains(t, out, "\n"+g.title+"\n")
		for _, c := range g.commands {
			require.Equal(t, 1, strings.Count(out, "\n  "+c+" "), c)
		}
	}
}

// TestHelpIsShort: the settings, which go with every command, have a page.
func TestHelpIsShort(t *testing.T) {
	r := command(t, "status", "--help")
	require.Zero(t, r.code)
	require.Contains(t, r.out, "--json")
	require.Contains(t, r.out, "Exit codes")
	require.Contains(t, r.out, "crystalyse help flags")
	require.NotContains(t, r.out, "[TEMPORAL_ADDRESS]")
	require.NotContains(t, command(t, "--help").out, "[TEMPORAL_ADDRESS]")
	for _, args := range [][]string{{"help", "flags"}, {"flags"}} {
		r = command(t, args...)
		require.Zero(t, r.code)
		require.Contains(t, r.out, "[TEMPORAL_ADDRESS]")
		require.Contains(t, r.out, "--state-dir")
	}
}

// TestStatusOfNothing: what runs is told by the exit code, too.
func TestStatusOfNothing(t *testing.T) {
	for _, args := range [][]string{{"status"}, {"status", "--json"}} {
		r := command(t, append(args, "--state-dir", filepath.Join(t.TempDir(), "state"))...)
		require.Equal(t, exitUnavailable, r.code, r.err)
		require.NotEmpty(t, r.out)
	}
}
