package relay

import (
	"context"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

// updateTaken is the bare frame that answers discovery_update: the instruction as
// it was given to the run.
type updateTaken struct {
	Type        string           `json:"type"`
	DiscoveryID string           `json:"discovery_id"`
	Update      discovery.Update `json:"update"`
}

// stateTold is the bare frame that answers discovery_state.
type stateTold struct {
	Type        string             `json:"type"`
	DiscoveryID string             `json:"discovery_id"`
	State       discovery.RunState `json:"state"`
}

func (c *conn) controls() (Controls, error) {
	if c.r.Controls == nil {
		return nil, fault.New(fault.CodeUnavailable, "no instructions are taken here")
	}
	return c.r.Controls, nil
}

// instruct gives a run an instruction of the viewer's. What comes of it is told to
// all by the events of the session.
func (c *conn) instruct(ctx context.Context, in inbound) error {
	to, err := c.controls()
	if err != nil {
		return err
	}
	if in.Update == nil {
		return fault.Invalid("update", "is missing").WithHint(`give an object with a kind, for example {"kind":"pause"}`)
	}
	u, err := to.Instruct(ctx, c.user(), in.DiscoveryID, *in.Update)
	if err != nil {
		return err
	}
	c.say(encode(updateTaken{"update_taken", in.DiscoveryID, u}))
	return nil
}

// tellState says where a discovery of the viewer's stands.
func (c *conn) tellState(ctx context.Context, in inbound) error {
	of, err := c.controls()
	if err != nil {
		return err
	}
	state, err := of.State(ctx, c.user(), in.DiscoveryID)
	if err != nil {
		return err
	}
	c.say(encode(stateTold{"discovery_state", in.DiscoveryID, state}))
	return nil
}
