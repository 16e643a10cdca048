package main

import (
	"fmt"
	"slices"
	"strings"
)

func median(rs []result, peer, scenario string, of func(result) float64) (float64, int) {
	var v []float64
	for _, r := range rs {
		if r.Peer == peer && r.Scenario == scenario {
			v = append(v, of(r))
		}
	}
	if len(v) == 0 {
		return 0, 0
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2, n
	}
	return v[len(v)/2], len(v)
}

var titles = map[string]string{
	"max10":   "200 viewers on 20 sessions, as fast as they take it",
	"max1":    "200 viewers on 200 sessions, as fast as they take it",
	"resume":  "resume storm: 200 viewers at once, 500 missed events each",
	"idle":    "1,000 idle sockets, each on a session of its own",
	"stalled": "200 viewers of one session at 200 events/s, one of which stops reading for 15 s and reads again",
}

// table writes the medians, each beside the raw copy's of the same rounds.
func table(rs []result) string {
	b := &strings.Builder{}
	loads := []string{}
	for _, r := range rs {
		loads = append(loads, r.Load)
	}
	slices.Sort(loads)
	fmt.Fprintf(b, "# Relay, measured\n\nMedians of %d rounds, peers in turn in each. Written by `make bench-relay`; 300-byte events, loopback, viewers and publishers on the same machine.\n", *rounds)
	if *machine != "" {
		fmt.Fprintf(b, "Machine: %s.\n", *machine)
	}
	if len(loads) > 0 {
		fmt.Fprintf(b, "Load average at the start of the measurements: %s to %s. On a busy machine trust ratios, and CPU more than rates.\n", loads[0], loads[len(loads)-1])
	}
	b.WriteString("`ours` deduplicates, numbers, keeps and can resume; so does `centrifuge` (Redis broker, recovery on). `raw` and `fastapi` only copy.\n")
	for _, sc := range scenarios {
		fmt.Fprintf(b, "\n## %s: %s\n\n", sc.name, titles[sc.name])
		switch {
		case sc.stalled:
			b.WriteString("| peer | others' p50 ms | x without | server us each | x without | server KB more | events missed meanwhile | connections to catch up | lost | doubles |\n|---|---|---|---|---|---|---|---|---|---|\n")
		case sc.idle:
			b.WriteString("| peer | KB a socket | x raw |\n|---|---|---|\n")
		case sc.resume > 0:
			b.WriteString("| peer | p50 ms | p99 ms | x centrifuge (p99) | resumes/s | server us each | gaps | doubles |\n|---|---|---|---|---|---|---|---|\n")
		default:
			b.WriteString("| peer | delivered/s | x raw | server us each | x raw | Redis us each | p50 ms | p99 ms | gaps | doubles |\n|---|---|---|---|---|---|---|---|---|---|\n")
		}
		for _, peer := range strings.Split(*only, ",") {
			b.WriteString(row(rs, peer, sc))
		}
	}
	b.WriteString(judged(rs) + counted(rs))
	return b.String()
}

// counted says how many measurements stand behind each median: a peer that
// failed in a round has fewer.
func counted(rs []result) string {
	var parts []string
	for _, sc := range scenarios {
		for _, peer := range strings.Split(*only, ",") {
			if _, n := median(rs, peer, sc.name, perSecond); sc.runs(peer) {
				parts = append(parts, fmt.Sprintf("%s %s %d", sc.name, peer, n))
			}
		}
	}
	return "\nMeasurements behind the medians: " + strings.Join(parts, ", ") + ".\n"
}

func row(rs []result, peer string, sc scenario) string {
	m := func(who string, of func(result) float64) float64 { v, _ := median(rs, who, sc.name, of); return v }
	rate, cpu := perSecond, micros
	p50, p99 := func(r result) float64 { return r.P50 }, func(r result) float64 { return r.P99 }
	kb := func(r result) float64 { return r.KBPerSocket }
	gaps, doubles := func(r result) float64 { return float64(r.Gaps) }, func(r result) float64 { return float64(r.Doubles) }
	if _, n := median(rs, peer, sc.name, rate); n == 0 {
		return ""
	}
	switch {
	case sc.stalled:
		st := func(of func(stall) float64) float64 { return m(peer, func(r result) float64 { return of(r.stall()) }) }
		return fmt.Sprintf("| %s | %.2f | %.2f | %.1f | %.2f | %.0f | %.0f | %.0f | %.0f | %.0f |\n", peer, m(peer, p50),
			st(func(s stall) float64 { return s.P50Ratio }), m(peer, cpu), st(func(s stall) float64 { return s.CPURatio }),
			st(func(s stall) float64 { return s.GrownKB }), st(func(s stall) float64 { return float64(s.Missed) }),
			st(func(s stall) float64 { return float64(s.CameBack) }), st(func(s stall) float64 { return float64(s.Lost) }), m(peer, doubles))
	case sc.idle:
		return fmt.Sprintf("| %s | %.1f | %.2f |\n", peer, m(peer, kb), ratio(m(peer, kb), m("raw", kb)))
	case sc.resume > 0:
		return fmt.Sprintf("| %s | %.0f | %.0f | %.2f | %.0f | %.0f | %.0f | %.0f |\n", peer, m(peer, p50), m(peer, p99),
			ratio(m(peer, p99), m("centrifuge", p99)), m(peer, rate), m(peer, cpu), m(peer, gaps), m(peer, doubles))
	}
	return fmt.Sprintf("| %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.1f | %.0f | %.0f | %.0f |\n", peer, m(peer, rate), ratio(m(peer, rate), m("raw", rate)),
		m(peer, cpu), ratio(m(peer, cpu), m("raw", cpu)), m(peer, func(r result) float64 { return r.RedisPer }), m(peer, p50), m(peer, p99), m(peer, gaps), m(peer, doubles))
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
