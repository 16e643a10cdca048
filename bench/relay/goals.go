package main

import (
	"fmt"
	"strings"
)

// goal is what issue 4 asks of a ratio or a figure.
type goal struct {
	what    string
	most    bool // the figure may be at most asked; else at least
	asked   float64
	unit    string
	figures func(rs []result) (float64, bool)
}

// against is the ratio of the medians of two peers.
func against(scenario, peer string, of func(result) float64) func([]result) (float64, bool) {
	return func(rs []result) (float64, bool) {
		ours, n := median(rs, "ours", scenario, of)
		theirs, k := median(rs, peer, scenario, of)
		return ratio(ours, theirs), n > 0 && k > 0 && theirs > 0
	}
}

func perSecond(r result) float64 { return r.PerSecond }
func micros(r result) float64    { return r.MicrosPer }

// stalled is a median of what one stopped reader did.
func stalled(of func(stall) float64) func([]result) (float64, bool) {
	return func(rs []result) (float64, bool) {
		v, n := median(rs, "ours", "stalled", func(r result) float64 { return of(r.stall()) })
		return v, n > 0
	}
}

var goals = []goal{
	{"200 viewers on 20 sessions: delivered/s", false, 1.3, "x raw", against("max10", "raw", perSecond)},
	{"the same", false, 2, "x centrifuge", against("max10", "centrifuge", perSecond)},
	{"the same", false, 12, "x FastAPI", against("max10", "fastapi", perSecond)},
	{"200 viewers on 200 sessions: delivered/s", false, 0.65, "x raw", against("max1", "raw", perSecond)},
	{"the same", false, 2.4, "x centrifuge", against("max1", "centrifuge", perSecond)},
	{"server CPU a delivered message, 20 sessions", true, 0.5, "x raw", against("max10", "raw", micros)},
	{"server CPU a delivered message, 200 sessions", true, 0.8, "x raw", against("max1", "raw", micros)},
	{"resume storm: p99", true, 0.25, "x centrifuge", against("resume", "centrifuge", func(r result) float64 { return r.P99 })},
	{"idle memory a socket", true, 0.8, "x raw", against("idle", "raw", func(r result) float64 { return r.KBPerSocket })},
	{"one stopped reader among 200: the others' median latency", true, 1.1, "x without it", stalled(func(s stall) float64 { return s.P50Ratio })},
	{"the same: server CPU a message", true, 1.1, "x without it", stalled(func(s stall) float64 { return s.CPURatio })},
	{"the same: memory of the server", true, 2, "MiB more", stalled(func(s stall) float64 { return s.GrownKB / 1024 })},
	{"the same: events it never got, worst round", true, 0, "", worstLost},
	{"events of ours missing or doubled at any viewer, all rounds", true, 0, "", wrong},
}

func (r result) stall() stall {
	if r.Stall == nil {
		return stall{}
	}
	return *r.Stall
}

func worstLost(rs []result) (worst float64, ok bool) {
	for _, r := range rs {
		if r.Stall != nil {
			worst, ok = max(worst, float64(r.Stall.Lost)), true
		}
	}
	return worst, ok
}

func wrong(rs []result) (n float64, ok bool) {
	for _, r := range rs {
		if r.Peer == "ours" {
			n, ok = n+float64(r.Gaps+r.Doubles), true
		}
	}
	return n, ok
}

// judged writes what was asked and what was measured.
func judged(rs []result) string {
	b := &strings.Builder{}
	b.WriteString("\n## Goals\n\n| of | asked | measured | |\n|---|---|---|---|\n")
	for _, g := range goals {
		sign, said, mark := ">=", "not measured", ""
		if g.most {
			sign = "<="
		}
		if v, ok := g.figures(rs); ok {
			said, mark = fmt.Sprintf("%.2f", v), "missed"
			if g.most && v <= g.asked || !g.most && v >= g.asked {
				mark = "met"
			}
		}
		fmt.Fprintf(b, "| %s | %s %g %s | %s | %s |\n", g.what, sign, g.asked, g.unit, said, mark)
	}
	return b.String()
}
