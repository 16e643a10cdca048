package rest

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
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

var updateKinds = []string{string(discovery.UpdateRetryStep), string(discovery.UpdateSkipStep), string(discovery.UpdateFinishNow)}

// updateDiscovery sends an instruction to the run, which takes or refuses it.
func (s *server) updateDiscovery(c *gin.Context, userID string) error {
	var u discovery.Update
	if err := bind(c, &u); err != nil {
		return err
	}
	switch u.Kind {
	case discovery.UpdateRetryStep, discovery.UpdateSkipStep, discovery.UpdateFinishNow:
	default:
		return fault.Invalid("kind", "%q is unknown", clip(string(u.Kind), 50)).WithHint("use %s", strings.Join(updateKinds, ", "))
	}
	if _, ok := id.ParseStep(u.Step); u.Step != "" && !ok {
		return fault.Invalid("step", "%q is not a step", clip(u.Step, 50)).WithHint("steps look like t3.llm or t3.tool2")
	}
	key, err := requestKey(c, u.RequestID)
	if err != nil {
		return err
	}
	u.RequestID = key
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	if d.Status.Closed() {
		return fault.New(fault.CodeConflict, "the discovery is %s already", d.Status)
	}
	if err := s.Runner.Update(c.Request.Context(), d.ID, u); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, u)
	return nil
}
