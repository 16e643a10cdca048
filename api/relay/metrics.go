package relay

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// collector shows Counts to Prometheus. No label names a session or a user.
type collector struct{ r *Relay }

// Collector gives the relay's numbers for a registry.
func (r *Relay) Collector() prometheus.Collector { return collector{r} }

var (
	socketsOpen   = prometheus.NewDesc("crystalyse_sockets_open", "Viewers connected now.", nil, nil)
	socketsLimit  = prometheus.NewDesc("crystalyse_sockets_limit", "Viewers that this process takes.", nil, nil)
	socketsFull   = prometheus.NewDesc("crystalyse_sockets_refused_total", "Handshakes refused because the process had all the viewers it takes.", nil, nil)
	socketsTotal  = prometheus.NewDesc("crystalyse_sockets_total", "Viewers that ever connected.", nil, nil)
	socketsClosed = prometheus.NewDesc("crystalyse_sockets_closed_total", "Viewers cut by this server, by close code.", []string{"code"}, nil)
	relayed       = prometheus.NewDesc("crystalyse_relay_total", "What the relay did since its start, by kind.", []string{"kind"}, nil)
)

// Describe names the measures.
func (collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{socketsOpen, socketsLimit, socketsFull, socketsTotal, socketsClosed, relayed} {
		to <- d
	}
}

// Collect gives their values now.
func (c collector) Collect(to chan<- prometheus.Metric) {
	n := c.r.Counts()
	to <- prometheus.MustNewConstMetric(socketsOpen, prometheus.GaugeValue, float64(n.Connections))
	to <- prometheus.MustNewConstMetric(socketsLimit, prometheus.GaugeValue, float64(c.r.Limits.Sockets))
	to <- prometheus.MustNewConstMetric(socketsFull, prometheus.CounterValue, float64(n.Full))
	to <- prometheus.MustNewConstMetric(socketsTotal, prometheus.CounterValue, float64(n.Opened))
	for code, times := range n.Closes {
		to <- prometheus.MustNewConstMetric(socketsClosed, prometheus.CounterValue, float64(times), strconv.Itoa(code))
	}
	for kind, v := range map[string]int64{
		"joins": n.Joins, "tails": n.Tails, "snapshots": n.Snapshots, "resets": n.Resets, "cold_reads": n.Cold, "events": n.Events, "frames": n.Frames,
		"duplicates": n.Duplicates, "bus_reads": n.Reads, "quiet_losses": n.QuietLosses, "lagging": n.Lagging, "stalled": n.Stalled,
		"bus_connections": n.BusConnections,
	} {
		to <- prometheus.MustNewConstMetric(relayed, prometheus.CounterValue, float64(v), kind)
	}
}
