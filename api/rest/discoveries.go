package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// createBody is what POST /discoveries takes.
type createBody struct {
	Query     string           `json:"query"`
	Mode      discovery.Mode   `json:"mode"`
	Budget    discovery.Budget `json:"budget"`
	SessionID string           `json:"session_id"`
	RequestID string           `json:"request_id"`
}

// createDiscovery stores a discovery, then starts it. The order makes a lost
// engine harmless: what is stored is started later, by the reconciler or by the
// same request sent again.
func (s *server) createDiscovery(c *gin.Context, userID string) error {
	var body createBody
	if err := bind(c, &body); err != nil {
		return err
	}
	key, err := requestKey(c, body.RequestID)
	if err != nil {
		return err
	}
	if body.SessionID != "" && !id.IsULID(body.SessionID) {
		return fault.NotFound("session", clip(body.SessionID, 64))
	}
	req, err := discovery.Request{
		UserID: userID, RequestID: key, SessionID: body.SessionID,
		Query: body.Query, Mode: body.Mode, Budget: body.Budget,
	}.Normalize()
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	d, created, err := s.Discoveries.Create(ctx, req)
	if err != nil {
		return err
	}
	if !created && (d.Query != req.Query || d.Mode != req.Mode) {
		return fault.New(fault.CodeConflict, "the request id %q was used for another question", key).
			WithHint("leave it out, or use a new one for each question")
	}
	if d.Status == discovery.StatusQueued {
		if err := s.Runner.Start(ctx, d); err != nil {
			return &storedError{d.ID, fault.Wrap(fault.CodeUnavailable, err, "the workflow engine does not answer")}
		}
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	c.Header("Location", "/api/v1/discoveries/"+d.ID)
	c.JSON(status, d)
	return nil
}

const (
	defaultPage = 50
	maxPage     = 200
)

func (s *server) listDiscoveries(c *gin.Context, userID string) error {
	limit, err := number(c, "limit", defaultPage, 1, maxPage)
	if err != nil {
		return err
	}
	sessionID, before := c.Query("session"), c.Query("before")
	if sessionID != "" && !id.IsULID(sessionID) {
		return fault.NotFound("session", clip(sessionID, 64))
	}
	if before != "" && !id.IsDiscovery(before) {
		return fault.Invalid("before", "is not the id of a discovery").WithHint("use the `next` of the page before")
	}
	// One more than asked tells whether there is another page.
	ds, err := s.Discoveries.List(c.Request.Context(), userID, sessionID, before, int(limit)+1)
	if err != nil {
		return err
	}
	ds, next := page(ds, int(limit), func(d discovery.Discovery) string { return d.ID })
	c.JSON(http.StatusOK, gin.H{"discoveries": ds, "next": next})
	return nil
}

// page cuts a list to its limit; next is the cursor of the following page, ""
// on the last.
func page[T any](items []T, limit int, idOf func(T) string) ([]T, string) {
	if items == nil {
		items = []T{}
	}
	if len(items) <= limit {
		return items, ""
	}
	items = items[:limit]
	return items, idOf(items[limit-1])
}

// discovery gives the discovery of the path, of its owner only. An id that is
// none does not reach the store.
func (s *server) discovery(c *gin.Context, userID string) (discovery.Discovery, error) {
	did := c.Param("id")
	if !id.IsDiscovery(did) {
		return discovery.Discovery{}, fault.NotFound("discovery", clip(did, 64))
	}
	return s.Discoveries.Get(c.Request.Context(), userID, did)
}

func (s *server) getDiscovery(c *gin.Context, userID string) error {
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, d)
	return nil
}

// getReport sends the report as it was stored, with the memories that it quotes.
func (s *server) getReport(c *gin.Context, userID string) error {
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	report, err := s.report(c.Request.Context(), userID, d.ID)
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", report)
	return nil
}
