package meter

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// askTimeout bounds a question that is put to the database for a scrape.
const askTimeout = 2 * time.Second

// backlog shows the events that are stored and not yet published.
type backlog struct {
	ask func(context.Context) (events int64, oldest time.Duration, err error)
}

var (
	unpublished = prometheus.NewDesc("crystalyse_events_unpublished", "Stored events that viewers have not been sent yet; absent when that cannot be told.", nil, nil)
	oldestEvent = prometheus.NewDesc("crystalyse_events_unpublished_age_seconds", "Age of the oldest of them; 0 when there is none.", nil, nil)
)

// Backlog registers what waits in the outbox.
func Backlog(r prometheus.Registerer, ask func(context.Context) (int64, time.Duration, error)) {
	r.MustRegister(backlog{ask})
}

// Describe names the measures.
func (backlog) Describe(to chan<- *prometheus.Desc) { to <- unpublished; to <- oldestEvent }

// Collect asks.
func (b backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	n, age, err := b.ask(ctx)
	if err != nil {
		return
	}
	to <- prometheus.MustNewConstMetric(unpublished, prometheus.GaugeValue, float64(n))
	to <- prometheus.MustNewConstMetric(oldestEvent, prometheus.GaugeValue, age.Seconds())
}

// Lag gives what is told how long an event took to its publication.
func Lag(r prometheus.Registerer) func(time.Duration) {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "crystalyse_publish_lag_seconds", Help: "From the making of a stored event to its publication by this process.",
		Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60}})
	r.MustRegister(h)
	return func(d time.Duration) { h.Observe(max(0, d.Seconds())) }
}
