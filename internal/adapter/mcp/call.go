package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// maxResult is the longest result taken from a server, in bytes.
const maxResult = 4 << 20

// Call runs a tool on a process of its server.
func (p *Pool) Call(ctx context.Context, in tool.Invocation) (out tool.Outcome, err error) {
	ctx, span := begin(ctx, in)
	defer func(began time.Time) {
		p.opts.Log.InfoContext(ctx, "tool call", "server", in.Server, "tool", in.Tool, "discovery", in.DiscoveryID,
			"status", string(out.Status), "error", err, "duration_s", time.Since(began).Seconds())
		end(span, out, err)
	}(time.Now())
	s, ok := p.servers[in.Server]
	if !ok {
		return refusal("not_found", "server", fmt.Sprintf("there is no MCP server %q", in.Server), "use a tool of the list"), nil
	}
	spec, err := s.spec(ctx, in.Tool)
	if err != nil {
		return tool.Outcome{}, err
	}
	if spec == nil {
		return refusal("not_found", "name", fmt.Sprintf("the server %q has no tool %q", in.Server, in.Tool), "use a tool of the list"), nil
	}
	if e := checkArguments(spec.InputSchema, in.Arguments); e != nil {
		return tool.Outcome{Status: tool.StatusToolError, Error: e}, nil
	}
	for {
		i, err := s.acquire(ctx)
		if err != nil {
			return tool.Outcome{}, err
		}
		reused := !i.fresh.Load()
		out, err := s.callOn(ctx, i, in, spec)
		s.release(i)
		// A process that died while idle is noticed by the next call; that call
		// has not begun anywhere, so it just takes a new process.
		if errors.Is(err, errIdleLoss) && reused {
			continue
		}
		return out, err
	}
}

var errIdleLoss = errors.New("the process was gone before the call")

func (s *server) spec(ctx context.Context, name string) (*tool.Spec, error) {
	specs, err := s.specs(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range specs {
		if t.Name == name || s.name+"__"+t.Name == name {
			return &t, nil
		}
	}
	return nil, nil
}

func (s *server) callOn(ctx context.Context, i *instance, in tool.Invocation, spec *tool.Spec) (tool.Outcome, error) {
	token, done := i.demux.open(in.OnProgress)
	heard := false
	defer func() { done() }()
	var args any
	if err := json.Unmarshal(in.Arguments, &args); err != nil {
		return tool.Outcome{}, err
	}
	req := mcp.CallToolRequest{}
	req.Params.Name, req.Params.Arguments = spec.Name, args
	req.Params.Meta = &mcp.Meta{ProgressToken: token, AdditionalFields: metaOf(ctx, in)}
	res, err := i.client.CallTool(ctx, req)
	heard = done()
	switch {
	case err == nil:
		i.fresh.Store(false)
		return outcome(res, spec)
	case ctx.Err() != nil:
		// mcp-go has told the server. If nobody else is being served, its end is
		// proven by ending its process group; a long calculation has saved its
		// checkpoint by then, or goes on from the one before.
		if s.alone(i) {
			if serr := i.stop(); serr != nil {
				return tool.Outcome{}, fault.Wrap(fault.CodeInternal, serr, "the server %q left processes", s.name)
			}
		}
		return tool.Outcome{}, context.Cause(ctx)
	case lostTransport(err):
		i.dead.Store(true)
		if !heard && !i.fresh.Load() {
			return tool.Outcome{}, errIdleLoss
		}
		s.failed(i)
		i.fresh.Store(true)
		if why := i.child.lines.fault(); why != nil {
			return tool.Outcome{}, fault.Wrap(fault.CodeUnavailable, why, "the server %q was given up during %s", s.name, in.Tool).
				WithHint("it is started again by itself; a result belongs into a file, not into one line")
		}
		return tool.Outcome{}, fault.Wrap(fault.CodeUnavailable, err, "the server %q was lost during %s", s.name, in.Tool).
			Saying(i.stderr.last()).WithHint("it is started again by itself")
	}
	// The server answered with a protocol error: the call itself is wrong.
	return refusal("protocol", "", err.Error(), "check the tool's arguments"), nil
}

// lostTransport tells a process that is gone from one that says no: what was sent
// found a closed pipe, or the end of its output came instead of an answer.
func lostTransport(err error) bool {
	var lost *transport.Error
	return errors.As(err, &lost)
}

func metaOf(ctx context.Context, in tool.Invocation) map[string]any {
	m := traceOf(ctx)
	if in.IdempotencyKey != "" {
		m["crystalyse/idempotency_key"] = in.IdempotencyKey
	}
	if in.Records != nil {
		m["crystalyse/records"] = in.Records
	}
	if in.CheckpointDir != "" {
		m["crystalyse/checkpoint_dir"] = in.CheckpointDir
		m["crystalyse/fence"] = in.Fence
		if in.Computation != "" {
			m["crystalyse/computation"] = in.Computation
		}
	}
	if !in.Deadline.IsZero() {
		m["crystalyse/deadline"] = unix(in.Deadline)
	}
	if !in.AnswerBy.IsZero() {
		m["crystalyse/answer_by"] = unix(in.AnswerBy)
	}
	return m
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }

// outcome turns an answer into a typed one.
func outcome(res *mcp.CallToolResult, spec *tool.Spec) (tool.Outcome, error) {
	body, err := bodyOf(res)
	if err != nil {
		return tool.Outcome{}, fault.Wrap(fault.CodeInternal, err, "the answer of %s cannot be read", spec.Name)
	}
	if res.IsError {
		return tool.Outcome{Status: tool.StatusToolError, Error: errorOf(body)}, nil
	}
	if len(body) > maxResult {
		return refusal("resource", "", fmt.Sprintf("the result has %d bytes; at most %d are taken", len(body), maxResult), "ask for less at a time"), nil
	}
	if e := checkResult(spec.OutputSchema, body); e != nil {
		return tool.Outcome{Status: tool.StatusToolError, Error: e}, nil
	}
	return tool.Outcome{Status: tool.StatusOK, Result: body}, nil
}

// bodyOf gives the JSON object of an answer: the structured content, else text
// that is an object, else the text itself.
func bodyOf(res *mcp.CallToolResult) (json.RawMessage, error) {
	if raw := bytes.TrimSpace(res.RawStructuredContent); len(raw) > 0 && raw[0] == '{' {
		return raw, nil
	}
	if res.StructuredContent != nil {
		raw, err := json.Marshal(res.StructuredContent)
		if err != nil || bytes.HasPrefix(raw, []byte("{")) {
			return raw, err
		}
		return json.Marshal(map[string]json.RawMessage{"result": raw})
	}
	text := ""
	for _, c := range res.Content {
		if t, ok := c.(mcp.TextContent); ok {
			text += t.Text
		}
	}
	if trimmed := bytes.TrimSpace([]byte(text)); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed) {
		return trimmed, nil
	}
	return json.Marshal(map[string]string{"text": text})
}

// errorOf reads a typed error, or makes one of the text.
func errorOf(body json.RawMessage) *tool.Error {
	var typed struct {
		Error *tool.Error `json:"error"`
		Text  string      `json:"text"`
	}
	if json.Unmarshal(body, &typed) == nil && typed.Error != nil && typed.Error.Message != "" {
		if typed.Error.Suggestions == nil {
			typed.Error.Suggestions = []string{}
		}
		return typed.Error
	}
	text := typed.Text
	if text == "" {
		text = string(body)
	}
	return &tool.Error{Code: "tool_error", Message: text, Suggestions: []string{"retry with modified parameters"}}
}

func refusal(code, field, message string, suggestions ...string) tool.Outcome {
	return tool.Outcome{Status: tool.StatusToolError, Error: &tool.Error{Code: code, Field: field, Message: message, Suggestions: suggestions}}
}
