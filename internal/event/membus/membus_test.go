package membus_test

import (
	"testing"

	"crystalyse/internal/event/eventtest"
	"crystalyse/internal/event/membus"
)

func TestContract(t *testing.T) {
	t.Parallel()
	eventtest.Contract(t, func(*testing.T) eventtest.Carrier {
		b := membus.New(10_000)
		return eventtest.Carrier{Bus: b, Stream: b.Node(), Flush: b.Flush}
	})
}
