// Democrash shows a discovery that goes on whatever is killed under it: it asks
// a question twice on a stack of its own, once in peace and once while worker,
// API, Redis and workflow engine are killed with kill -9 one after another, and
// compares the numbers. `make demo-crash` runs it; the run is recorded as a cast
// and as a picture for the README.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"crystalyse/internal/report"
)

func main() {
	binary := flag.String("binary", "bin/crystalyse", "the program")
	envs := flag.String("env-dir", ".crystalyse/envs", "its Python environments")
	query := flag.String("query", "What is the crystal structure and formation energy of NaCl?", "what is asked")
	cast := flag.String("cast", "", "where the recording goes, for asciinema")
	svg := flag.String("svg", "", "where the recording goes, as a picture")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	r := &recorder{}
	err := demo(ctx, r, *binary, *envs, *query)
	if err == nil && *cast != "" {
		err = r.cast(*cast)
	}
	if err == nil && *svg != "" {
		err = r.svg(*svg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo-crash:", err)
		os.Exit(1)
	}
}

// victim is a part that is killed when the discovery says that it does
// something.
type victim struct{ part, while string }

// victims are killed in this order: the worker twice, since only a calculation
// with a checkpoint has something to lose.
var victims = []victim{
	{"worker", "generate_crystal_csp"},
	{"worker", "relax_structures ·"},
	{"api", "relax_structures ·"},
	{"redis", "relax_structures ·"},
	{"temporal", "calculate_energy_above_hull"},
}

func demo(ctx context.Context, r *recorder, binary, envs, query string) (err error) {
	r.say(told, "$ crystalyse up        # PostgreSQL, Redis, Temporal, API, worker, tools: one folder, no containers")
	s, err := start(ctx, binary, envs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	r.say(plain, "ready %s", s.address)
	r.say(told, "First in peace: the same question, and nobody harms it.")
	calm, err := s.discover(ctx, query, func(string) {})
	if err != nil {
		return err
	}
	r.say(good, "%s", numbers(calm))
	r.say(told, "")
	r.say(told, "$ crystalyse discover --mode rigorous %q", query)
	killer := newKiller(s, r)
	began := time.Now()
	hurt, err := s.discover(ctx, query, func(l string) {
		r.say(plain, "%s", l)
		killer.heard(l)
	})
	if err != nil {
		return err
	}
	if err := killer.done(); err != nil {
		return err
	}
	r.say(told, "")
	for _, l := range strings.Split(strings.TrimSpace(hurt.Summary), "\n") {
		r.say(plain, "%s", l)
	}
	r.say(told, "")
	ended, err := s.ended()
	if err != nil {
		return err
	}
	r.say(good, "in peace     %s", numbers(calm))
	r.say(good, "%d x kill -9  %s", len(victims), numbers(hurt))
	r.say(good, "Every number resolves to a call: %d of %d. %d calls were counted, in peace %d.",
		hurt.Validation.ValuesResolved, hurt.Validation.ValuesTotal, hurt.Usage.ToolCalls, calm.Usage.ToolCalls)
	r.say(good, "By the tools' own account %d calculations came to their end, none of them twice. It took %s.", ended, time.Since(began).Round(time.Second))
	return compare(calm, hurt)
}

// compared are the values that both runs must agree on.
var compared = []string{"formation_energy_per_atom", "lattice_a", "space_group_number"}

func numbers(r report.Report) string {
	var out []string
	for _, name := range compared {
		if v, ok := valueOf(r, name); ok {
			text := strconv.FormatFloat(v.number, 'f', 4, 64)
			if v.unit == "" {
				text = strconv.FormatFloat(v.number, 'f', -1, 64)
			}
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s = %s %s", name, text, v.unit)))
		}
	}
	return strings.Join(out, ", ")
}

type number struct {
	number float64
	unit   string
}

func valueOf(r report.Report, name string) (number, bool) {
	for _, v := range r.Values {
		if f, ok := v.V.(float64); ok && v.Name == name {
			return number{f, v.Unit}, true
		}
	}
	return number{}, false
}

// compare fails when the kills have changed anything that counts.
func compare(calm, hurt report.Report) error {
	if hurt.Status != calm.Status {
		return fmt.Errorf("it ended as %s, in peace as %s", hurt.Status, calm.Status)
	}
	for _, name := range compared {
		a, ok1 := valueOf(calm, name)
		b, ok2 := valueOf(hurt, name)
		if !ok1 || !ok2 || math.Abs(a.number-b.number) > 1e-4 {
			return fmt.Errorf("%s differs: %v in peace, %v after the kills", name, a, b)
		}
	}
	if calm.Usage.ToolCalls != hurt.Usage.ToolCalls {
		return fmt.Errorf("%d calls were counted, in peace %d", hurt.Usage.ToolCalls, calm.Usage.ToolCalls)
	}
	return nil
}
