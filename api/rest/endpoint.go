package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/llm"
)

// endpointBody is what PUT /llm and POST /llm/test take. A key that is left out
// is the one that is kept, as long as it stays with its address.
type endpointBody struct {
	BaseURL string  `json:"base_url"`
	Model   string  `json:"model"`
	Key     *string `json:"key"`
}

// endpointView is what is told of an endpoint: never its key.
type endpointView struct {
	llm.Endpoint
	HasKey bool `json:"has_key"`
}

// probePatience is how long a model has for its trial turn.
const probePatience = 40 * time.Second

// getEndpoint says which model the user named, and whether one may be named.
func (s *server) getEndpoint(c *gin.Context, userID string) error {
	e, found, err := s.shownEndpoint(c.Request.Context(), userID)
	if err != nil {
		return err
	}
	var own *endpointView
	if found {
		own = &endpointView{e, e.Key != ""}
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, gin.H{"own": own, "allowed": s.Endpoints != nil})
	return nil
}

func (s *server) putEndpoint(c *gin.Context, userID string) error {
	e, err := s.namedEndpoint(c, userID)
	if err != nil {
		return err
	}
	if err := s.Endpoints.SaveEndpoint(c.Request.Context(), userID, e); err != nil {
		return err
	}
	c.JSON(http.StatusOK, endpointView{e, e.Key != ""})
	return nil
}

func (s *server) deleteEndpoint(c *gin.Context, userID string) error {
	if s.Endpoints != nil {
		if err := s.Endpoints.DeleteEndpoint(c.Request.Context(), userID); err != nil {
			return err
		}
	}
	c.Status(http.StatusNoContent)
	return nil
}

// testEndpoint asks the model for one small turn, before anything is kept.
func (s *server) testEndpoint(c *gin.Context, userID string) error {
	e, err := s.namedEndpoint(c, userID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), probePatience)
	defer cancel()
	told, err := llm.Probe(ctx, s.Dial(e))
	var refused *llm.Error
	switch {
	case errors.As(err, &refused):
		return fault.New(fault.CodeConflict, "%s", refused.Message).WithHint("%s", refused.Hint)
	case err != nil:
		return fault.Wrap(fault.CodeUnavailable, err, "%s does not answer", e.Host()).WithHint("check the address, and that the model runs")
	}
	c.JSON(http.StatusOK, told)
	return nil
}

// namedEndpoint reads what was typed. The kept key goes to its own address only:
// else whoever sends a request could have it sent anywhere.
func (s *server) namedEndpoint(c *gin.Context, userID string) (llm.Endpoint, error) {
	var body endpointBody
	if err := bind(c, &body); err != nil {
		return llm.Endpoint{}, err
	}
	if s.Endpoints == nil {
		return llm.Endpoint{}, fault.New(fault.CodeDenied, "models of one's own are not allowed on this server").WithHint("who runs it can allow hosts with --llm-hosts")
	}
	e := llm.Endpoint{BaseURL: body.BaseURL, Model: body.Model}
	if body.Key != nil {
		e.Key = *body.Key
	}
	e, err := e.Normalize(s.LLMHosts)
	if err != nil || body.Key != nil {
		return e, err
	}
	kept, _, err := s.endpointOf(c.Request.Context(), userID)
	if err != nil {
		return e, err
	}
	if kept.Key != "" && kept.BaseURL != e.BaseURL {
		return e, fault.Invalid("key", "is needed: the kept one belongs to another address").WithHint("enter the key of this address")
	}
	e.Key = kept.Key
	return e, nil
}

// endpointOf gives the user's own endpoint, if there is one.
func (s *server) endpointOf(ctx context.Context, userID string) (llm.Endpoint, bool, error) {
	if s.Endpoints == nil {
		return llm.Endpoint{}, false, nil
	}
	e, err := s.Endpoints.Endpoint(ctx, userID)
	if fault.Is(err, fault.CodeNotFound) {
		return llm.Endpoint{}, false, nil
	}
	return e, err == nil, err
}

// shownEndpoint is endpointOf for who only looks: one whose key cannot be unsealed
// is shown without it, so that it can be replaced or removed.
func (s *server) shownEndpoint(ctx context.Context, userID string) (llm.Endpoint, bool, error) {
	e, found, err := s.endpointOf(ctx, userID)
	if fault.Is(err, fault.CodeConflict) {
		e.Key = ""
		return e, e.BaseURL != "", nil
	}
	return e, found, err
}

// ownAgent names the user's own model; empty without one. It is the one that is
// asked even while its key cannot be unsealed: then its turns say so.
func (s *server) ownAgent(ctx context.Context, userID string) ([]llm.Identity, error) {
	e, found, err := s.shownEndpoint(ctx, userID)
	if err != nil || !found {
		return nil, err
	}
	return []llm.Identity{s.Dial(e).Identity()}, nil
}
