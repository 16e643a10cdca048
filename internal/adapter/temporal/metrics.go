package temporal

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// Metrics shows the engine SDK's own measures to Prometheus, under the names
// Temporal documents for it: counters end in _total, timers in _seconds. One
// name may come with different labels, so that each set of labels is a measure
// of its own.
type Metrics struct {
	mu  sync.Mutex
	all map[string]prometheus.Collector
}

// NewMetrics gives an empty collection; register it, and give it to Dial.
func NewMetrics() *Metrics { return &Metrics{all: map[string]prometheus.Collector{}} }

// Describe names nothing: what there is shows with use.
func (m *Metrics) Describe(chan<- *prometheus.Desc) {}

// Collect gives every measure as it is now.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.all {
		c.Collect(to)
	}
}

// tagged is a client.MetricsHandler with its labels.
type tagged struct {
	m    *Metrics
	tags map[string]string
	key  string // the tags in one word
}

var _ client.MetricsHandler = tagged{}

func (m *Metrics) handler() client.MetricsHandler { return tagged{m: m} }

// WithTags adds labels.
func (t tagged) WithTags(tags map[string]string) client.MetricsHandler {
	merged := maps.Clone(tags)
	for k, v := range t.tags {
		if _, given := merged[k]; !given {
			merged[k] = v
		}
	}
	var key strings.Builder
	for _, k := range slices.Sorted(maps.Keys(merged)) {
		key.WriteString("\x00" + k + "\x00" + merged[k])
	}
	return tagged{t.m, merged, key.String()}
}

// timerBuckets span a poll and a day's activity.
var timerBuckets = []float64{.005, .025, .1, .5, 1, 5, 15, 60, 300, 1800, 7200, 86400}

// Counter gives the counter of a name.
func (t tagged) Counter(name string) client.MetricsCounter {
	c := measure(t, name+"_total", func(name string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help(name), ConstLabels: t.tags})
	})
	return counter{c}
}

// Gauge gives the gauge of a name.
func (t tagged) Gauge(name string) client.MetricsGauge {
	return gauge{measure(t, name, func(name string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help(name), ConstLabels: t.tags})
	})}
}

// Timer gives the histogram of a name.
func (t tagged) Timer(name string) client.MetricsTimer {
	return timer{measure(t, name+"_seconds", func(name string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help(name), ConstLabels: t.tags, Buckets: timerBuckets})
	})}
}

func help(name string) string {
	return "Of the SDK of the workflow engine; its documentation explains " + name + "."
}

// measure finds the measure of a name and its labels, or makes it.
func measure[C prometheus.Collector](t tagged, name string, fresh func(string) C) C {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	if have, ok := t.m.all[name+t.key].(C); ok {
		return have
	}
	c := fresh(name)
	t.m.all[name+t.key] = c
	return c
}

type counter struct{ of prometheus.Counter }

// Inc counts.
func (c counter) Inc(n int64) { c.of.Add(float64(max(0, n))) }

type gauge struct{ of prometheus.Gauge }

// Update sets.
func (g gauge) Update(v float64) { g.of.Set(v) }

type timer struct{ of prometheus.Histogram }

// Record observes.
func (t timer) Record(d time.Duration) { t.of.Observe(d.Seconds()) }
