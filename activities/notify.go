package activities

import (
	"context"
	"fmt"

	"crystalyse/internal/discovery"
)

// NotifyInput names the discovery that has ended.
type NotifyInput struct{ DiscoveryID string }

// Notify tells another program that a discovery has ended.
func (a *Activities) Notify(ctx context.Context, in NotifyInput) error {
	if a.Notifier == nil {
		return nil // switched off since the run began
	}
	d, err := a.Lifecycle.Load(ctx, in.DiscoveryID)
	if err != nil {
		return toTemporal(err)
	}
	return toTemporal(a.Notifier.Ended(ctx, discovery.Ended{
		DeliveryID: fmt.Sprintf("%s.%d", d.ID, d.Retries), DiscoveryID: d.ID, SessionID: d.SessionID,
		Status: d.Status, Query: shorten(d.Query, 80), Usage: d.Usage,
	}))
}
