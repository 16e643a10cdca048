package discovery

import "context"

// Ended is what another program is told when a discovery has ended. It holds
// nothing secret: the report is read through the API.
type Ended struct {
	DeliveryID  string `json:"delivery_id"` // the same when it is delivered again
	DiscoveryID string `json:"discovery_id"`
	SessionID   string `json:"session_id"`
	Status      Status `json:"status"`
	Query       string `json:"query"` // its first 80 characters
	Usage       Usage  `json:"usage"`
}

// Notifier tells another program of ends.
type Notifier interface {
	Ended(ctx context.Context, e Ended) error
}
