package rest

import (
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/memory"
)

// memoryRoutes are the routes of the user's memories.
func (s *server) memoryRoutes(api *gin.RouterGroup) {
	api.GET("/memories", s.remembering(s.listMemories))
	api.POST("/memories", s.remembering(s.writeMemory))
	api.DELETE("/memories", s.remembering(s.forgetAll))
	api.GET("/memories/export", s.remembering(s.exportMemories))
	api.POST("/memories/search", s.remembering(s.searchMemories))
	api.POST("/memories/consolidate", s.remembering(s.consolidate))
	api.GET("/memories/:id", s.remembering(s.getMemory))
	api.PATCH("/memories/:id", s.remembering(s.editMemory))
	api.DELETE("/memories/:id", s.remembering(s.forgetMemory))
}

// remembering is a route that needs the memory.
func (s *server) remembering(h ownedHandler) gin.HandlerFunc {
	return s.owned(func(c *gin.Context, userID string) error {
		if s.Memory == nil {
			return fault.New(fault.CodeUnavailable, "this server has no memory")
		}
		return h(c, userID)
	})
}

func (s *server) listMemories(c *gin.Context, userID string) error {
	limit, err := number(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	q := memory.Query{Text: "all", Filter: memory.Filter{SessionID: c.Query("session")}}
	if t := c.Query("type"); t != "" {
		q.Types = []memory.Type{memory.Type(t)}
	}
	if q, err = q.Normalize(); err != nil {
		var f *fault.Error
		if errors.As(err, &f) && f.Field == "types" {
			f.Field = "type" // as it is called here
		}
		return err
	}
	before := c.Query("before")
	if before != "" && !id.IsULID(before) {
		return fault.Invalid("before", "is not the id of a memory").WithHint("use the `next` of the page before")
	}
	if q.SessionID != "" {
		if _, err := s.Sessions.Get(c.Request.Context(), userID, q.SessionID); err != nil {
			return err
		}
	}
	list, err := s.Memory.List(c.Request.Context(), userID, q.Filter, before, int(limit)+1)
	if err != nil {
		return err
	}
	counts, err := s.Memory.Counts(c.Request.Context(), userID)
	if err != nil {
		return err
	}
	list, next := page(list, int(limit), func(m memory.Memory) string { return m.ID })
	c.JSON(http.StatusOK, gin.H{"memories": list, "next": next, "counts": counts})
	return nil
}

// writeMemory stores a memory in the user's own words. Without a session it
// belongs to the newest one.
func (s *server) writeMemory(c *gin.Context, userID string) error {
	var body struct {
		memory.Draft
		RequestID string `json:"request_id"`
	}
	if err := bind(c, &body); err != nil {
		return err
	}
	key, err := requestKey(c, body.RequestID)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if body.SessionID == "" {
		sessions, err := s.Sessions.List(ctx, userID, "", 1)
		if err != nil {
			return err
		}
		if len(sessions) == 0 {
			return fault.Invalid("session_id", "is missing, and there is no session yet").WithHint("ask something first")
		}
		body.SessionID = sessions[0].ID
	}
	if !id.IsULID(body.SessionID) {
		return fault.NotFound("session", clip(body.SessionID, 64))
	}
	body.Source = "user/" + key
	m, created, err := s.Memory.Write(ctx, userID, body.Draft)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	c.Header("Location", "/api/v1/memories/"+m.ID)
	c.JSON(status, m)
	return nil
}

// memoryID reads the id of the path; what is none does not reach the store.
func memoryID(c *gin.Context) (string, error) {
	mid := c.Param("id")
	if !id.IsULID(mid) {
		return "", fault.NotFound("memory", clip(mid, 64))
	}
	return mid, nil
}

func (s *server) getMemory(c *gin.Context, userID string) error {
	mid, err := memoryID(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	m, err := s.Memory.Get(ctx, userID, mid)
	if err != nil {
		return err
	}
	if err := s.Memory.Used(ctx, userID, []string{mid}); err != nil {
		return err
	}
	if err := s.Memory.Note(ctx, userID, m.SessionID, event.MemoryRead{MemoryID: mid}); err != nil {
		return err
	}
	c.JSON(http.StatusOK, m)
	return nil
}

func (s *server) editMemory(c *gin.Context, userID string) error {
	mid, err := memoryID(c)
	if err != nil {
		return err
	}
	var p memory.Patch
	if err := bind(c, &p); err != nil {
		return err
	}
	m, err := s.Memory.Edit(c.Request.Context(), userID, mid, p)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, m)
	return nil
}

func (s *server) forgetMemory(c *gin.Context, userID string) error {
	mid, err := memoryID(c)
	if err != nil {
		return err
	}
	if err := s.Memory.Forget(c.Request.Context(), userID, mid, "by the user"); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) forgetAll(c *gin.Context, userID string) error {
	n, err := s.Memory.ForgetAll(c.Request.Context(), userID)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"forgotten": n})
	return nil
}

// searchBody is what POST /memories/search takes.
type searchBody struct {
	Query     string        `json:"query"`
	Scope     string        `json:"scope"` // user | session; default user
	SessionID string        `json:"session_id"`
	Types     []memory.Type `json:"types"`
	Formulas  []string      `json:"formulas"`
	Elements  []string      `json:"elements"`
	Since     string        `json:"since"`
	Until     string        `json:"until"`
	Limit     *int          `json:"limit"`
}

func (b searchBody) query() (memory.Query, error) {
	q := memory.Query{Text: b.Query, Filter: memory.Filter{Types: b.Types, Formulas: b.Formulas, Elements: b.Elements}}
	var err error
	if q.Since, err = moment("since", b.Since); err != nil {
		return q, err
	}
	if q.Until, err = moment("until", b.Until); err != nil {
		return q, err
	}
	if !q.Until.IsZero() && !q.Until.After(q.Since) {
		return q, fault.Invalid("until", "is not after since")
	}
	if b.Limit != nil {
		if *b.Limit < 1 {
			return q, fault.Invalid("limit", "must be a whole number from 1 to %d", memory.MaxLimit)
		}
		q.Limit = *b.Limit
	}
	switch b.Scope {
	case "", "user":
	case "session":
		if b.SessionID == "" {
			return q, fault.Invalid("session_id", "is missing; the scope is a session")
		}
		q.SessionID = b.SessionID
	default:
		return q, fault.Invalid("scope", "%q is unknown", clip(b.Scope, 60)).WithHint("use session or user")
	}
	return q, nil
}

// moment reads a time; "" is none.
func moment(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fault.Invalid(field, "%q is no time", clip(text, 60)).WithHint("write it as 2026-03-01T12:00:00Z")
	}
	return at, nil
}

func (s *server) searchMemories(c *gin.Context, userID string) error {
	var body searchBody
	if err := bind(c, &body); err != nil {
		return err
	}
	q, err := body.query()
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if body.SessionID != "" {
		if !id.IsULID(body.SessionID) {
			return fault.NotFound("session", clip(body.SessionID, 64))
		}
		if _, err := s.Sessions.Get(ctx, userID, body.SessionID); err != nil {
			return err
		}
	}
	found, err := s.Memory.Search(ctx, userID, q)
	if err != nil {
		return err
	}
	if body.SessionID != "" {
		if err := s.Memory.Note(ctx, userID, body.SessionID, event.MemorySearch{Query: q.Text, MemoryIDs: found.IDs()}); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, found)
	return nil
}

func (s *server) consolidate(c *gin.Context, userID string) error {
	if s.Consolidator == nil {
		return fault.New(fault.CodeUnavailable, "nothing consolidates here")
	}
	if err := s.Consolidator.Consolidate(c.Request.Context(), userID, ""); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"status": "started"})
	return nil
}

// exportMemories gives everything, newest first.
func (s *server) exportMemories(c *gin.Context, userID string) error {
	all, before := []memory.Memory{}, ""
	for {
		list, err := s.Memory.List(c.Request.Context(), userID, memory.Filter{}, before, 1000)
		if err != nil {
			return err
		}
		all = append(all, list...)
		if len(list) < 1000 {
			break
		}
		before = list[len(list)-1].ID
	}
	c.Header("Content-Disposition", `attachment; filename="crystalyse-memories.json"`)
	c.JSON(http.StatusOK, gin.H{"exported_at": s.Now().UTC(), "memories": all})
	return nil
}
