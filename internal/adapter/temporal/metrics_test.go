package temporal

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// TestMetrics: one name may come with different labels, the same labels in
// another order are the same measure, and what is gathered is consistent.
func TestMetrics(t *testing.T) {
	t.Parallel()
	m := NewMetrics()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m)
	h := m.handler()
	h.WithTags(map[string]string{"a": "1"}).WithTags(map[string]string{"b": "2"}).Counter("temporal_request").Inc(2)
	h.WithTags(map[string]string{"b": "2"}).WithTags(map[string]string{"a": "1"}).Counter("temporal_request").Inc(3)
	h.WithTags(map[string]string{"a": "0"}).WithTags(map[string]string{"a": "1"}).Counter("temporal_request").Inc(-1)
	h.WithTags(map[string]string{"a": "0"}).Gauge("temporal_worker_task_slots_used").Update(4)
	h.Timer("temporal_activity_execution_latency").Record(90 * time.Second)
	families, err := r.Gather()
	require.NoError(t, err)
	got := map[string]float64{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			key := f.GetName()
			for _, l := range s.GetLabel() {
				key += fmt.Sprintf(" %s=%s", l.GetName(), l.GetValue())
			}
			got[key] = s.GetCounter().GetValue() + s.GetGauge().GetValue() + s.GetHistogram().GetSampleSum()
		}
	}
	require.Equal(t, map[string]float64{
		"temporal_request_total a=1": 0, "temporal_request_total a=1 b=2": 5, "temporal_worker_task_slots_used a=0": 4,
		"temporal_activity_execution_latency_seconds": 90,
	}, got)
}
