package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
)

// cancelBody is what POST /discoveries/{id}/cancel may take.
type cancelBody struct {
	Reason string `json:"reason"`
}

const maxReason = 500

// cancelDiscovery asks the run to stop and keep what it has. Asking twice is
// asking once.
func (s *server) cancelDiscovery(c *gin.Context, userID string) error {
	body := cancelBody{}
	if c.Request.ContentLength != 0 {
		if err := bind(c, &body); err != nil {
			return err
		}
	}
	if len(body.Reason) > maxReason {
		return fault.Invalid("reason", "is longer than %d bytes", maxReason)
	}
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	switch {
	case d.Status == discovery.StatusCancelled:
		c.JSON(http.StatusOK, d)
		return nil
	case d.Status.Closed():
		return fault.New(fault.CodeConflict, "the discovery is %s already", d.Status)
	}
	ctx := c.Request.Context()
	if d.Status == discovery.StatusQueued {
		// One that was stored while the engine was away has no run to cancel yet;
		// its run is what writes the report, so it gets one.
		if err := s.Runner.Start(ctx, d); err != nil {
			return err
		}
	}
	if err := s.Runner.Cancel(ctx, d.ID, body.Reason); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, d)
	return nil
}

// updateDiscovery sends an instruction to the run, which takes or refuses it.
func (s *server) updateDiscovery(c *gin.Context, userID string) error {
	var u discovery.Update
	if err := bind(c, &u); err != nil {
		return err
	}
	key, err := requestKey(c, u.RequestID)
	if err != nil {
		return err
	}
	u.RequestID = key
	if u, err = s.controls().Instruct(c.Request.Context(), userID, c.Param("id"), u); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, u)
	return nil
}

func (s *server) controls() discovery.Controls {
	return discovery.Controls{Store: s.Discoveries, Runner: s.Runner, Log: s.Logger}
}

// discoveryState says where a discovery stands and what it waits for.
func (s *server) discoveryState(c *gin.Context, userID string) error {
	state, err := s.controls().State(c.Request.Context(), userID, c.Param("id"))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, state)
	return nil
}

// retryDiscovery opens a closed discovery again, from its failed step.
func (s *server) retryDiscovery(c *gin.Context, userID string) error {
	var body discovery.Retry
	if c.Request.ContentLength != 0 {
		if err := bind(c, &body); err != nil {
			return err
		}
	}
	if body.Budget != nil {
		if _, err := (discovery.Update{Kind: discovery.UpdateSetBudget, Budget: body.Budget}).Normalize(); err != nil {
			return err
		}
	}
	key, err := requestKey(c, body.RequestID)
	if err != nil {
		return err
	}
	body.RequestID = key
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	d, reopened, err := s.Discoveries.Reopen(ctx, userID, d.ID, body)
	if err != nil {
		return err
	}
	if d.Status == discovery.StatusQueued {
		if err := s.Runner.Retry(ctx, d); err != nil {
			return &storedError{d.ID, fault.Wrap(fault.CodeUnavailable, err, "the workflow engine does not answer")}
		}
	}
	c.JSON(createdOr200(reopened), d)
	return nil
}

// forkDiscovery makes a new discovery that goes on from a turn with an edited
// instruction.
func (s *server) forkDiscovery(c *gin.Context, userID string) error {
	var body discovery.Fork
	if err := bind(c, &body); err != nil {
		return err
	}
	if body.Turn < 0 {
		return fault.Invalid("turn", "is negative").WithHint("0 begins anew with an edited question")
	}
	key, err := requestKey(c, body.RequestID)
	if err != nil {
		return err
	}
	body.RequestID = key
	parent, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	d, created, err := s.Discoveries.Fork(ctx, userID, parent.ID, body)
	if err != nil {
		return err
	}
	if !created && d.ParentID != parent.ID {
		return fault.New(fault.CodeConflict, "the request id %q was used for another question", key)
	}
	if d.Status == discovery.StatusQueued {
		if err := s.Runner.Start(ctx, d); err != nil {
			return &storedError{d.ID, fault.Wrap(fault.CodeUnavailable, err, "the workflow engine does not answer")}
		}
	}
	c.Header("Location", "/api/v1/discoveries/"+d.ID)
	c.JSON(createdOr200(created), d)
	return nil
}

func createdOr200(created bool) int {
	if created {
		return http.StatusCreated
	}
	return http.StatusOK
}
