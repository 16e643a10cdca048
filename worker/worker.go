// Package worker wires the workflows and activities to the engine: which queue
// runs what, how many at a time, and how a worker stops.
package worker

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
	"crystalyse/workflows"
)

// Slots limit what runs at the same time in this process.
type Slots struct {
	LLM   int // language-model turns; default 32
	Tools int // tool calls, waiting ones included; default 16
	GPU   int // long calls of the queue tools-gpu; 0 serves it not
	Ahead int // further ones that are prepared while all of those work
}

// How a worker behaves when it stops, and how soon it hears of a cancellation.
const (
	stopTimeout       = 25 * time.Second
	heartbeatThrottle = 3 * time.Second

	// The SDK takes a workflow for deadlocked that was not given the processor for a
	// second, and does its task again: on a machine that is busy for that long, too.
	deadlockAfter = 5 * time.Second
)

// Each poll takes a task at a time, and as long as the engine needs to write
// that the task has begun. The SDK's own two let hundreds of runs wait for each
// other while nothing else was busy.
const (
	workflowPollers = 16
	activityPollers = 8
)

// Run serves the queues until ctx ends, then drains: long calls are
// checkpointed and handed to the next worker.
func Run(ctx context.Context, c client.Client, a *activities.Activities, slots Slots) error {
	hook := []interceptor.WorkerInterceptor{&activities.Hook{Activities: a}}
	base := worker.Options{
		Interceptors: hook, WorkerStopTimeout: stopTimeout,
		MaxHeartbeatThrottleInterval: heartbeatThrottle, DefaultHeartbeatThrottleInterval: heartbeatThrottle,
		DeadlockDetectionTimeout: deadlockAfter, MaxConcurrentWorkflowTaskPollers: workflowPollers, MaxConcurrentActivityTaskPollers: activityPollers,
	}
	// The short steps of a run are on its own queue: the engine hands them over
	// with its answer to the run that scheduled them, without another poll.
	discoveries := worker.New(c, workflows.QueueDiscovery, base)
	Register(discoveries)
	RegisterActivities(discoveries, a)

	llm := base
	llm.DisableWorkflowWorker = true
	llm.MaxConcurrentActivityExecutionSize = orDefault(slots.LLM, 32)
	llmWorker := worker.New(c, workflows.QueueLLM, llm)
	RegisterActivities(llmWorker, a)

	tools := llm
	tools.MaxConcurrentActivityExecutionSize = orDefault(slots.Tools, 16)
	toolWorker := worker.New(c, workflows.QueueTools, tools)
	RegisterActivities(toolWorker, a)
	if a.Keeping != nil {
		RegisterKeeping(toolWorker, a.Keeping)
	}

	workers := []worker.Worker{toolWorker, llmWorker, discoveries}
	if slots.GPU > 0 {
		gpu := llm
		gpu.MaxConcurrentActivityExecutionSize = slots.GPU + slots.Ahead
		gpuWorker := worker.New(c, workflows.QueueToolsGPU, gpu)
		RegisterActivities(gpuWorker, a)
		workers = append(workers, gpuWorker)
	}
	started := []worker.Worker{}
	defer func() {
		for i := len(started) - 1; i >= 0; i-- {
			started[i].Stop()
		}
	}()
	for _, w := range workers {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start worker: %w", err)
		}
		started = append(started, w)
	}
	<-ctx.Done()
	return nil
}

// Register adds the workflows.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(workflows.DiscoveryWorkflow, workflow.RegisterOptions{Name: workflows.Discovery})
	r.RegisterWorkflowWithOptions(workflows.NotifyWorkflow, workflow.RegisterOptions{Name: workflows.Notify})
	r.RegisterWorkflowWithOptions(workflows.FanOutWorkflow, workflow.RegisterOptions{Name: workflows.FanOut})
	r.RegisterWorkflowWithOptions(workflows.CandidateWorkflow, workflow.RegisterOptions{Name: workflows.Candidate})
	r.RegisterWorkflowWithOptions(workflows.WorkshopWorkflow, workflow.RegisterOptions{Name: workflows.Workshop})
	r.RegisterWorkflowWithOptions(workflows.ConsolidateMemoryWorkflow, workflow.RegisterOptions{Name: workflows.ConsolidateMemory})
	r.RegisterWorkflowWithOptions(workflows.ReembedMemoryWorkflow, workflow.RegisterOptions{Name: workflows.ReembedMemory})
}

// RegisterActivities adds the activities under their recorded names.
func RegisterActivities(r worker.ActivityRegistry, a *activities.Activities) {
	for name, fn := range map[string]any{
		activities.NameBegin:    a.Begin,
		activities.NameLLMTurn:  a.LLMTurn,
		activities.NameCallTool: a.CallTool,
		activities.NameSkipTool: a.SkipTool,
		activities.NameAnnounce: a.Announce,
		activities.NameFinish:   a.Finish,

		activities.NameParseStructure:   a.ParseStructure,
		activities.NameConvertStructure: a.ConvertStructure,
		activities.NameListPotentials:   a.ListPotentials,

		activities.NameSettle:   a.Settle,
		activities.NameAskUser:  a.AskUser,
		activities.NameRemember: a.Remember,

		activities.NameNotify:           a.Notify,
		activities.NameOpenCandidates:   a.OpenCandidates,
		activities.NameSettleCandidates: a.SettleCandidates,
	} {
		r.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
}

// RegisterKeeping adds the memory's upkeep.
func RegisterKeeping(r worker.ActivityRegistry, k *activities.Keeping) {
	for name, fn := range map[string]any{
		activities.NameMemoryDigest: k.MemoryDigest,
		activities.NameMemoryKeep:   k.MemoryKeep,
		activities.NameMemoryEmbed:  k.MemoryEmbed,
	} {
		r.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
}

func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}
