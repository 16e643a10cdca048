package rest

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// guard lets the gate look at every request before anything else does.
func (s *server) guard(c *gin.Context) {
	if err := s.Gate.Admit(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

// clip shortens what a caller sent before it is sent back.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
