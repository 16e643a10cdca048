package rest

import (
	"math"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/session"
)

const maxSearch = 200

// listSessions gives the newest first, or those in which a text stands.
func (s *server) listSessions(c *gin.Context, userID string) error {
	limit, err := number(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	before, search := c.Query("before"), strings.TrimSpace(c.Query("search"))
	if before != "" && !id.IsULID(before) {
		return fault.Invalid("before", "is not the id of a session").WithHint("use the `next` of the page before")
	}
	if len(search) > maxSearch || strings.ContainsRune(search, 0) {
		return fault.Invalid("search", "must be text of at most %d bytes", maxSearch)
	}
	var ss []session.Session
	if search != "" {
		ss, err = s.Keeper.Search(c.Request.Context(), userID, search, before, int(limit)+1)
	} else {
		ss, err = s.Sessions.List(c.Request.Context(), userID, before, int(limit)+1)
	}
	if err != nil {
		return err
	}
	ss, next := page(ss, int(limit), func(x session.Session) string { return x.ID })
	c.JSON(http.StatusOK, gin.H{"sessions": ss, "next": next})
	return nil
}

// sessionID gives the session id of the path; one that is none reaches no store.
func sessionID(c *gin.Context) (string, error) {
	sid := c.Param("id")
	if !id.IsULID(sid) {
		return "", fault.NotFound("session", clip(sid, 64))
	}
	return sid, nil
}

func (s *server) getSession(c *gin.Context, userID string) error {
	sid, err := sessionID(c)
	if err != nil {
		return err
	}
	x, err := s.Sessions.Get(c.Request.Context(), userID, sid)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, x)
	return nil
}

// sessionBody is what POST /sessions may take.
type sessionBody struct {
	Title string `json:"title"`
	Alias string `json:"alias"`
}

// createSession opens an empty session. An alias makes it safe to repeat: the
// same one gives the same session.
func (s *server) createSession(c *gin.Context, userID string) error {
	body := sessionBody{}
	if c.Request.ContentLength != 0 {
		if err := bind(c, &body); err != nil {
			return err
		}
	}
	if body.Title == "" {
		body.Title = "New session"
	}
	title, err := session.CheckTitle(body.Title)
	if err != nil {
		return err
	}
	if body.Alias != "" {
		if err := session.CheckAlias(body.Alias, id.IsULID); err != nil {
			return err
		}
	}
	x, created, err := s.Keeper.Create(c.Request.Context(), userID, body.Alias, title)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	c.Header("Location", "/api/v1/sessions/"+x.ID)
	c.JSON(status, x)
	return nil
}

// renameSession changes the title.
func (s *server) renameSession(c *gin.Context, userID string) error {
	sid, err := sessionID(c)
	if err != nil {
		return err
	}
	var body struct {
		Title string `json:"title"`
	}
	if err := bind(c, &body); err != nil {
		return err
	}
	title, err := session.CheckTitle(body.Title)
	if err != nil {
		return err
	}
	x, err := s.Keeper.Rename(c.Request.Context(), userID, sid, title)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, x)
	return nil
}

// endSession closes it to new questions; what it holds stays readable.
func (s *server) endSession(c *gin.Context, userID string) error {
	sid, err := sessionID(c)
	if err != nil {
		return err
	}
	x, err := s.Keeper.End(c.Request.Context(), userID, sid)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, x)
	return nil
}

// sessionEvents gives the durable events of a session after a position.
func (s *server) sessionEvents(c *gin.Context, userID string) error {
	sid, err := sessionID(c)
	if err != nil {
		return err
	}
	after, err := number(c, "after", 0, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	limit, err := number(c, "limit", defaultEvents, 1, maxEvents)
	if err != nil {
		return err
	}
	events, err := s.Events.After(c.Request.Context(), userID, sid, "", after, int(limit))
	if err != nil {
		return err
	}
	next := after
	if n := len(events); n > 0 {
		next = events[n-1].Metadata.Ord
	} else {
		events = []event.Event{}
	}
	c.JSON(http.StatusOK, gin.H{"events": events, "next": next})
	return nil
}
