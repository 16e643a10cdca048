package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/id"
	"crystalyse/internal/tool"
)

// ToolEvaluateCandidates takes many compositions through the same stages, each
// in a child workflow of its own.
const ToolEvaluateCandidates = "evaluate_candidates"

// MaxCandidates is the most compositions of one call.
const MaxCandidates = 1000

var evaluateCandidates = tool.Spec{
	Server: tool.ServerWorkflow, Version: "1", Name: ToolEvaluateCandidates, Long: true,
	Description: "Take many compositions through the same stages side by side: generate structures, relax them and keep the best, validate the composition, " +
		"energy above the hull of the best. Each composition uses up to four tool calls of the budget. A composition that fails at a stage is kept with what it has. " +
		"Returns one entry per composition with the keys of its values. Use it for three or more compositions.",
	InputSchema: json.RawMessage(`{"type":"object","additionalProperties":false,"required":["compositions"],"properties":{` +
		`"compositions":{"type":"array","minItems":1,"maxItems":1000,"items":{"type":"string","minLength":1,"maxLength":100},"description":"reduced formulas"},` +
		`"num_samples":{"type":"integer","minimum":1,"maximum":50,"default":4,"description":"structures generated for each composition"},` +
		`"potential":{"type":"string","maxLength":60,"default":"auto","description":"the potential of every energy"}}}`),
}

// CandidateRef places a call in a candidate of evaluate_candidates.
type CandidateRef struct {
	Call   string // the call that fans out
	Index  int    // of the composition in its arguments
	Number int    // of the candidate in its discovery: c12
	Stage  int    // counted from 1
}

// Stages of a candidate, in order: a stage's call id is c12.t<stage>.tool1.
// stageTools names what each calls.
const (
	StageGenerate = iota + 1
	StageRelax
	StageValidate
	StageHull
	LastStage = StageHull
)

var stageTools = [LastStage + 1]string{
	StageGenerate: "generate_crystal_csp", StageRelax: "relax_structures", StageValidate: "validate_composition", StageHull: "calculate_energy_above_hull",
}

type candidateArgs struct {
	Compositions []string `json:"compositions"`
	NumSamples   int      `json:"num_samples"`
	Potential    string   `json:"potential"`
}

// FanOutPlan is how many compositions a call asks for. Done says that there is
// nothing to do: it has its result, or it cannot be run. Quick are the stages
// whose tools are not long: they need no slot of the long ones. A plan of a
// former version has none, and all its stages wait for a long slot.
type FanOutPlan struct {
	Done  bool
	Count int
	Quick []int `json:",omitempty"`
}

// OpenCandidates announces a call that fans out.
func (a *Activities) OpenCandidates(ctx context.Context, in CallInput) (FanOutPlan, error) {
	c, done, err := a.callOf(ctx, in)
	if err != nil || done {
		return FanOutPlan{Done: true}, err
	}
	if err := c.start(); err != nil {
		return FanOutPlan{}, err
	}
	args, refused := readCandidates(c.planned)
	if refused != nil {
		_, err := c.commit(ctx, tool.Outcome{Status: tool.StatusToolError, Error: refused})
		return FanOutPlan{Done: true}, err
	}
	task := event.TaskStart{TaskID: c.call.ID, TaskType: "screening", TotalSteps: len(args.Compositions), Details: "candidates " + shorten(strings.Join(args.Compositions, ", "), 100)}
	quick, err := a.quickStages(ctx)
	if err != nil {
		return FanOutPlan{}, err
	}
	return FanOutPlan{Count: len(args.Compositions), Quick: quick}, c.announceThen(ctx, task)
}

// quickStages lists the stages whose tools answer soon. One that nobody serves
// is answered with an error, which is quick, too.
func (a *Activities) quickStages(ctx context.Context) ([]int, error) {
	specs, err := a.Tools.Tools(ctx)
	if err != nil {
		return nil, err
	}
	var quick []int
	for stage := StageGenerate; stage <= LastStage; stage++ {
		if !slices.ContainsFunc(specs, func(s tool.Spec) bool { return s.Name == stageTools[stage] && s.Long }) {
			quick = append(quick, stage)
		}
	}
	return quick, nil
}

func readCandidates(p discovery.PlannedCall) (candidateArgs, *tool.Error) {
	args := candidateArgs{NumSamples: 4, Potential: "auto"}
	if p.Error != nil {
		return args, p.Error
	}
	wrong := func(field, msg string) (candidateArgs, *tool.Error) {
		return args, &tool.Error{Code: "invalid_input", Field: field, Message: msg, Suggestions: []string{"send arguments that fit the schema"}}
	}
	if err := json.Unmarshal(p.Arguments, &args); err != nil {
		return wrong("arguments", "do not fit the schema: "+err.Error())
	}
	seen := map[string]bool{}
	for i, f := range args.Compositions {
		f = strings.TrimSpace(f)
		if f == "" || len(f) > 100 {
			return wrong(fmt.Sprintf("compositions.%d", i), "must have 1 to 100 characters")
		}
		if seen[f] {
			return wrong(fmt.Sprintf("compositions.%d", i), fmt.Sprintf("%s is there twice", f))
		}
		seen[f], args.Compositions[i] = true, f
	}
	switch {
	case len(args.Compositions) == 0 || len(args.Compositions) > MaxCandidates:
		return wrong("compositions", fmt.Sprintf("must have 1 to %d entries", MaxCandidates))
	case args.NumSamples < 1 || args.NumSamples > 50:
		return wrong("num_samples", "must be 1 to 50")
	}
	return args, nil
}

// plannedStage gives the call of a candidate's stage: the program plans it from
// what the stages before have found. A stage that has nothing to work on is a
// call with an error, which becomes its result.
func (a *Activities) plannedStage(ctx context.Context, in CallInput) (discovery.PlannedCall, error) {
	ref := *in.Candidate
	parent := in
	parent.Candidate, parent.Step = nil, ref.Call
	fan, err := a.planned(ctx, parent)
	if err != nil {
		return discovery.PlannedCall{}, err
	}
	p := discovery.PlannedCall{CallID: in.Step, Arguments: json.RawMessage(`{}`)}
	args, refused := readCandidates(fan)
	if refused != nil || ref.Index >= len(args.Compositions) {
		p.Error = &tool.Error{Code: "invalid_input", Message: "the candidate does not exist"}
		return p, nil
	}
	want, lacking, err := a.stage(ctx, in, args, args.Compositions[ref.Index])
	if err != nil {
		return p, err
	}
	name := stageTools[ref.Stage]
	p.Tool, p.Error = name, lacking
	specs, err := a.Tools.Tools(ctx)
	if err != nil {
		return p, err
	}
	i := slices.IndexFunc(specs, func(s tool.Spec) bool { return s.Name == name })
	if i < 0 {
		p.Error = &tool.Error{Code: "not_found", Message: "there is no tool " + name, Suggestions: []string{"go on without this stage"}}
		return p, nil
	}
	p.Server, p.Version, p.Long = specs[i].Server, specs[i].Version, specs[i].Long
	p.Arguments, err = json.Marshal(want)
	return p, err
}

func (a *Activities) stage(ctx context.Context, in CallInput, args candidateArgs, formula string) (want map[string]any, lacking *tool.Error, err error) {
	structures := func(stage int) []string {
		var found []string
		if found, err = a.structuresOf(ctx, in, stage); err == nil && len(found) == 0 {
			lacking = &tool.Error{Code: "no_structure", Message: "the stage before left no structure of " + formula, Suggestions: []string{"report that no structure was found"}}
		}
		return found
	}
	switch in.Candidate.Stage {
	case StageGenerate:
		return map[string]any{"formula": formula, "num_samples": args.NumSamples}, nil, nil
	case StageRelax:
		want = map[string]any{"structure_ids": structures(StageGenerate), "keep_best": 1, "potential": args.Potential}
		return want, lacking, err
	case StageValidate:
		return map[string]any{"compositions": []string{formula}}, nil, nil
	default:
		want = map[string]any{"structure_ids": structures(StageRelax), "potential": args.Potential}
		return want, lacking, err
	}
}

// structuresOf gives the structures that a stage of the same candidate left.
func (a *Activities) structuresOf(ctx context.Context, in CallInput, stage int) ([]string, error) {
	c, err := a.stageCall(ctx, in, stage)
	if err != nil || c == nil {
		return nil, err
	}
	var h resultHead
	// A result of another shape just has no structures.
	_ = json.Unmarshal(c.Result, &h)
	ids := make([]string, 0, len(h.Structures))
	for _, s := range h.Structures {
		ids = append(ids, s.ID)
	}
	return ids, nil
}

func (a *Activities) stageCall(ctx context.Context, in CallInput, stage int) (*discovery.Call, error) {
	want := id.CandidateStep(in.Candidate.Number, stage)
	c, err := a.Calls.Newest(ctx, in.DiscoveryID, want)
	if err != nil || c.ID == "" {
		return nil, err
	}
	return &c, nil
}
