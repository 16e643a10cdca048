package relay

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// Each message that asks for something is a trace of its own: sockets stay open
// for hours.
var tracer = otel.Tracer("crystalyse/api/relay")

// The types of messages that ask for something.
const (
	askDiscovery = "discovery_request"
	askMemories  = "memory_search"
	askUpdate    = "discovery_update"
	askState     = "discovery_state"
)

// answer does what such messages ask, beside the stream. The reader goes
// on meanwhile; the limits of the user bound how many there are.
func (c *conn) answer(in inbound) {
	done, err := c.r.Enter(c.user())
	if err != nil {
		c.refuse("", in, err)
		return
	}
	go func() {
		defer done()
		ctx, cancel := context.WithTimeout(c.r.ctx, 30*time.Second)
		defer cancel()
		if c.plain {
			select { // it hears what happens after it has joined: first that
			case <-c.present:
			case <-ctx.Done():
			}
		}
		ctx, span := tracer.Start(ctx, "ws "+in.Type, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		sid, err := c.sessionID(ctx)
		if err == nil {
			err = c.do(ctx, sid, in)
		}
		if err != nil {
			span.SetStatus(codes.Error, string(fault.CodeOf(err)))
			c.refuse(sid, in, err)
		}
	}()
}

func (c *conn) do(ctx context.Context, sid string, in inbound) error {
	switch in.Type {
	case askDiscovery:
		return c.discover(ctx, sid, in)
	case askUpdate:
		return c.instruct(ctx, in)
	case askState:
		return c.tellState(ctx, in)
	}
	return c.remember(ctx, sid, in)
}

// discover starts a discovery in the session. Its events tell the viewer.
func (c *conn) discover(ctx context.Context, sid string, in inbound) error {
	if in.RequestID == "" {
		in.RequestID = id.New()
	} else if !id.IsRequest(in.RequestID) {
		return fault.Invalid("request_id", id.RequestRule)
	}
	if in.Mode == "" {
		in.Mode = string(discovery.ModeCreative)
	}
	req, err := discovery.Request{UserID: c.user(), RequestID: in.RequestID, SessionID: sid, Query: in.Query, Mode: discovery.Mode(in.Mode)}.Normalize()
	if err != nil {
		return err
	}
	d, _, err := c.r.Discoveries.Create(ctx, req)
	if err != nil || d.Status != discovery.StatusQueued {
		return err
	}
	if err := c.r.Runner.Start(ctx, d); err != nil {
		// It is stored: the reconciler starts it when the engine is back.
		c.r.Logger.Warn("a discovery was stored but not started", "discovery", d.ID, "error", err)
	}
	return nil
}

// memoryResults is the plan's bare frame; data is its name for the list.
type memoryResults struct {
	Type    string            `json:"type"`
	Results []json.RawMessage `json:"results"`
	Data    []json.RawMessage `json:"data"`
}

const defaultMemories, maxMemories = 10, 50

func (c *conn) remember(ctx context.Context, sid string, in inbound) error {
	out := memoryResults{Type: "memory_results", Results: []json.RawMessage{}, Data: []json.RawMessage{}}
	if in.Query == "" {
		return fault.Invalid("query", "is empty")
	}
	limit := defaultMemories
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 || limit > maxMemories {
		return fault.Invalid("limit", "must be a whole number from 1 to %d", maxMemories)
	}
	if in.Scope != "" && in.Scope != "session" && in.Scope != "user" {
		return fault.Invalid("scope", "must be session or user")
	}
	if c.r.Memories != nil {
		q := MemoryQuery{UserID: c.user(), SessionID: sid, Query: in.Query, Scope: orWord(in.Scope, "session"), Limit: limit}
		found, err := c.r.Memories.SearchMemories(ctx, q)
		if err != nil {
			return err
		}
		out.Results, out.Data = append(out.Results, found...), append(out.Data, found...)
	}
	c.say(encode(out))
	return nil
}

func orWord(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// refuse answers one viewer with an error event that is in no stream.
func (c *conn) refuse(sid string, in inbound, err error) {
	out := event.Error{ErrorType: string(fault.CodeInternal), Message: "something went wrong on our side", RecoverySuggestions: []string{"send it again"}}
	var f *fault.Error
	if errors.As(err, &f) && f.Code != fault.CodeInternal {
		out.ErrorType, out.Message = string(f.Code), f.Message
		if f.Field != "" {
			out.Message = f.Field + " " + f.Message
			out.RecoverySuggestions = []string{"correct " + f.Field + " and send it again"}
		}
		if h := fault.Hint(err); h != "" {
			out.RecoverySuggestions = []string{h}
		}
	} else {
		c.r.Logger.Error("a viewer's message failed", "type", in.Type, "session", sid, "error", err)
	}
	s := event.Scope{SessionID: sid, UserID: c.user(), Mode: string(discovery.ModeCreative), Step: event.Outside("refused." + id.New())}
	if sid == "" {
		s.SessionID = c.name
	}
	if e, err := s.New(out); err == nil {
		c.say(encode(e))
	}
}
