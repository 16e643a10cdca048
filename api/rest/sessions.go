package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
)

func (s *server) listSessions(c *gin.Context, userID string) error {
	limit, err := number(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	before := c.Query("before")
	if before != "" && !id.IsULID(before) {
		return fault.Invalid("before", "is not the id of a session").WithHint("use the `next` of the page before")
	}
	ss, err := s.Sessions.List(c.Request.Context(), userID, before, int(limit)+1)
	if err != nil {
		return err
	}
	ss, next := page(ss, int(limit), func(x session.Session) string { return x.ID })
	c.JSON(http.StatusOK, gin.H{"sessions": ss, "next": next})
	return nil
}

func (s *server) getSession(c *gin.Context, userID string) error {
	sid := c.Param("id")
	if !id.IsULID(sid) {
		return fault.NotFound("session", clip(sid, 64))
	}
	x, err := s.Sessions.Get(c.Request.Context(), userID, sid)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, x)
	return nil
}
