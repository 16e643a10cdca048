package rest

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// healthz says that the process answers. It asks nobody else but for the count
// of running discoveries, and stays 200 when that cannot be had.
func (s *server) healthz(c *gin.Context) error {
	running, err := s.Running(c.Request.Context())
	if err != nil || running > 0 || s.Viewers() > 0 {
		// A stack that cannot see whether something runs must not stop for idleness.
		s.idle.touch()
	}
	body := gin.H{"status": "ok", "idle_seconds": s.idle.seconds(), "running": running}
	if err != nil {
		s.Logger.WarnContext(c.Request.Context(), "running discoveries could not be counted", "error", err)
		body["running"] = nil
	}
	c.JSON(http.StatusOK, body)
	return nil
}

// readyz says whether every dependency answers, and which does not.
func (s *server) readyz(c *gin.Context) error {
	checks, status, word := map[string]string{}, http.StatusOK, "ready"
	for name, err := range s.Health(c.Request.Context()) {
		checks[name] = "ok"
		if err != nil {
			status, word = http.StatusServiceUnavailable, "unavailable"
			checks[name] = healthText(err)
			s.Logger.WarnContext(c.Request.Context(), "a dependency does not answer", "dependency", name, "error", err)
		}
	}
	c.JSON(status, gin.H{"status": word, "checks": checks})
	return nil
}

// healthText is what an outsider may read of a dependency's error: a fault's own
// message, never a connection string.
func healthText(err error) string {
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.CodeInternal {
		return f.Message
	}
	return "does not answer"
}

// status gives the condition of the MCP servers.
func (s *server) status(c *gin.Context, _ string) error {
	states, err := s.States(c.Request.Context())
	if err != nil {
		return err
	}
	if states == nil {
		states = map[string]tool.ServerState{}
	}
	c.JSON(http.StatusOK, gin.H{"mcp": states})
	return nil
}
