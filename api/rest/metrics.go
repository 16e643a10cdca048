package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what an operator watches of this door. Labels are routes, never
// paths: ids of users, sessions and discoveries stay out.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	open     prometheus.Gauge
	page     http.Handler
}

const askTimeout = 2 * time.Second

func newMetrics(r *prometheus.Registry, running func(context.Context) (int, error)) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crystalyse_http_requests_total", Help: "Requests answered, by route and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "crystalyse_http_request_seconds", Help: "Time to the end of the answer; waiting readers of events wait up to 30 s.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30}}, []string{"method", "route"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{Name: "crystalyse_http_requests_open", Help: "Requests being answered now."}),
		page: promhttp.HandlerFor(r, promhttp.HandlerOpts{}),
	}
	discoveries := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "crystalyse_discoveries_open", Help: "Discoveries that work or wait to work; -1 when that cannot be told."}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		n, err := running(ctx)
		if err != nil {
			return -1
		}
		return float64(n)
	})
	r.MustRegister(m.requests, m.seconds, m.open, discoveries)
	return m
}

// measure counts every request by its route. Sockets, which stay open for hours,
// have measures of their own.
func (s *server) measure(c *gin.Context) {
	if strings.HasPrefix(c.Request.URL.Path, "/ws/") {
		c.Next()
		return
	}
	s.metrics.open.Inc()
	defer s.metrics.open.Dec()
	began := time.Now()
	c.Next()
	route := c.FullPath()
	if route == "" {
		route = "other"
	}
	s.metrics.requests.WithLabelValues(method(c), route, strconv.Itoa(c.Writer.Status())).Inc()
	s.metrics.seconds.WithLabelValues(method(c), route).Observe(time.Since(began).Seconds())
}

// method keeps an invented method from making a label of its own.
func method(c *gin.Context) string {
	switch m := c.Request.Method; m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodPut, http.MethodOptions:
		return m
	}
	return "other"
}
