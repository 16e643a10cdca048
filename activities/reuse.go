package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/fault"
	"crystalyse/internal/tool"
)

// computation names what a call computes, for one user and across discoveries:
// the tool, its version, its arguments, what is said of the structures among them,
// and the print of everything else that decides the answer (the server's code, its
// environment, the model files). It
// is "" where an answer is not decided by these. The print covers the potential:
// which one a call without a potential takes, and its weights.
func (a *Activities) computation(p discovery.PlannedCall, records map[string]tool.Record) string {
	if a.Print == nil || p.Error != nil || strings.HasPrefix(p.Tool, "list_") {
		return ""
	}
	print, ok := a.Print(p.Server)
	if !ok {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%s", p.Server, print, p.Tool, p.Version, sameOrder(p.Tool, p.Arguments))
	for _, sid := range slices.Sorted(maps.Keys(records)) {
		r := records[sid]
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s\x00%s", sid, r.Origin, r.Label, r.SpaceGroup)
	}
	return hex.EncodeToString(h.Sum(nil))[:40]
}

// known gives what a tool is told of the structures that its call names. A record
// that cannot be read says nothing.
func known(records map[string]json.RawMessage) map[string]tool.Record {
	out := make(map[string]tool.Record, len(records))
	for sid, body := range records {
		var r tool.Record
		if json.Unmarshal(body, &r) != nil {
			r = tool.Record{}
		}
		out[sid] = r
	}
	return out
}

// unordered are arguments whose order decides nothing but that of the answers:
// the same compounds named in another order are the same question.
var unordered = map[string]string{"validate_composition": "compositions"}

// sameOrder gives arguments with such a list in an order of its own.
func sameOrder(name string, args json.RawMessage) json.RawMessage {
	var all map[string]json.RawMessage
	var list []string
	field, ok := unordered[name]
	if !ok || json.Unmarshal(args, &all) != nil || json.Unmarshal(all[field], &list) != nil {
		return args // as it is: what is odd is at worst computed again
	}
	slices.Sort(list)
	sorted, err := json.Marshal(list)
	if err != nil {
		return args
	}
	all[field] = sorted
	body, err := json.Marshal(all)
	if err != nil {
		return args
	}
	return body
}

// reuse commits the result of the same computation of an earlier discovery of
// this user, if there is one and all it made is still there. A step that the
// user asked to run again is run.
func (c *callRun) reuse(ctx context.Context) (*CallResult, error) {
	if c.call.Computation == "" || c.in.Gen > 0 || c.in.Branch > 0 {
		return nil, nil
	}
	have, err := c.a.Calls.ByComputation(ctx, c.call.UserID, c.call.Computation)
	if fault.Is(err, fault.CodeNotFound) || err == nil && have.DiscoveryID == c.call.DiscoveryID && have.ID == c.call.ID {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if cutShort(have.Result) {
		return nil, nil
	}
	c.call.Result, c.call.ReusedFrom = have.Result, have.DiscoveryID+"/"+have.ID
	if have.ReusedFrom != "" {
		c.call.ReusedFrom = have.ReusedFrom // where it was computed
	}
	if err := c.collect(ctx, &discovery.Made{}); err != nil {
		c.a.Log.InfoContext(ctx, "an earlier result is incomplete and is computed again", "call", c.call.ID, "from", c.call.ReusedFrom, "reason", err)
		c.call.Result, c.call.ReusedFrom, c.call.ResumedFromStep = nil, "", nil
		return nil, nil
	}
	res, err := c.commit(ctx, tool.Outcome{Status: tool.StatusOK, Result: have.Result})
	res.Cached = true // nothing ran: no call is spent
	return &res, err
}

// cutShort tells whether an answer lacks what the time of its discovery did not
// allow: another discovery may have more.
func cutShort(result json.RawMessage) bool {
	var r struct {
		Cut       float64 `json:"n_cut"`
		Unrefined float64 `json:"n_unrefined"`
		CutShort  bool    `json:"cut_short"`
	}
	return json.Unmarshal(result, &r) == nil && (r.Cut+r.Unrefined > 0 || r.CutShort)
}
