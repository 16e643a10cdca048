package rest

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// Remover deletes a discovery or a session with everything under it.
type Remover interface {
	Discovery(ctx context.Context, userID, discoveryID string) error
	Session(ctx context.Context, userID, sessionID string) error
}

// deleteDiscovery stops the discovery if it runs, and deletes it.
func (s *server) deleteDiscovery(c *gin.Context, userID string) error {
	did := c.Param("id")
	if !id.IsDiscovery(did) {
		return fault.NotFound("discovery", clip(did, 64))
	}
	if err := s.Remover.Discovery(c.Request.Context(), userID, did); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// deleteSession deletes a session and all that was asked in it.
func (s *server) deleteSession(c *gin.Context, userID string) error {
	sid, err := sessionID(c)
	if err != nil {
		return err
	}
	if err := s.Remover.Session(c.Request.Context(), userID, sid); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
