package event

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Kind describes one type of event.
type Kind struct {
	Type    Type
	Durable bool    // stored in PostgreSQL; else live only
	Zero    Payload // an empty payload, for decoding and for generators
}

// All lists every type of event, in the order they are documented. It is the
// one source of the generated JSON Schema and TypeScript union.
var All = []Kind{
	{TypeSessionStart, true, SessionStart{}},
	{TypeSessionEnd, true, SessionEnd{}},
	{TypeReasoningStart, true, ReasoningStart{}},
	{TypeReasoningEnd, true, ReasoningEnd{}},
	{TypeToolCallStart, true, ToolCallStart{}},
	{TypeToolCallResult, true, ToolCallResult{}},
	{TypeTaskStart, true, TaskStart{}},
	{TypeTaskEnd, true, TaskEnd{}},
	{TypeMemoryWrite, true, MemoryWrite{}},
	{TypeMemoryRead, true, MemoryRead{}},
	{TypeMemorySearch, true, MemorySearch{}},
	{TypeMemoryConsolidate, true, MemoryConsolidate{}},
	{TypeStructureGenerated, true, StructureGenerated{}},
	{TypeEnergyCalculated, true, EnergyCalculated{}},
	{TypeValidationComplete, true, ValidationComplete{}},
	{TypeDiscoveryStatus, true, DiscoveryStatus{}},
	{TypeDiscoveryComplete, true, DiscoveryComplete{}},
	{TypeDiscoveryDeleted, true, DiscoveryDeleted{}},
	{TypeApprovalRequest, true, ApprovalRequest{}},
	{TypeQuestion, true, Question{}},
	{TypeAttemptSuperseded, true, AttemptSuperseded{}},
	{TypeError, true, Error{}},
	{TypeReasoningUpdate, false, ReasoningUpdate{}},
	{TypeToolCallProgress, false, ToolCallProgress{}},
	{TypeTaskProgress, false, TaskProgress{}},
	{TypeStructureUpdated, false, StructureUpdated{}},
	{TypeUsageUpdate, false, UsageUpdate{}},
}

// The types of events.
const (
	TypeSessionStart       Type = "session_start"
	TypeSessionEnd         Type = "session_end"
	TypeReasoningStart     Type = "reasoning_start"
	TypeReasoningEnd       Type = "reasoning_end"
	TypeToolCallStart      Type = "tool_call_start"
	TypeToolCallResult     Type = "tool_call_result"
	TypeTaskStart          Type = "task_start"
	TypeTaskEnd            Type = "task_end"
	TypeMemoryWrite        Type = "memory_write"
	TypeMemoryRead         Type = "memory_read"
	TypeMemorySearch       Type = "memory_search"
	TypeMemoryConsolidate  Type = "memory_consolidate"
	TypeStructureGenerated Type = "structure_generated"
	TypeEnergyCalculated   Type = "energy_calculated"
	TypeValidationComplete Type = "validation_complete"
	TypeDiscoveryStatus    Type = "discovery_status"
	TypeDiscoveryComplete  Type = "discovery_complete"
	TypeDiscoveryDeleted   Type = "discovery_deleted"
	TypeApprovalRequest    Type = "approval_request"
	TypeQuestion           Type = "question"
	TypeAttemptSuperseded  Type = "attempt_superseded"
	TypeError              Type = "error"
	TypeReasoningUpdate    Type = "reasoning_update"
	TypeToolCallProgress   Type = "tool_call_progress"
	TypeTaskProgress       Type = "task_progress"
	TypeStructureUpdated   Type = "structure_updated"
	TypeUsageUpdate        Type = "usage_update"
)

// EventType gives session_start.
func (SessionStart) EventType() Type { return TypeSessionStart }

// EventType gives session_end.
func (SessionEnd) EventType() Type { return TypeSessionEnd }

// EventType gives reasoning_start.
func (ReasoningStart) EventType() Type { return TypeReasoningStart }

// EventType gives reasoning_end.
func (ReasoningEnd) EventType() Type { return TypeReasoningEnd }

// EventType gives tool_call_start.
func (ToolCallStart) EventType() Type { return TypeToolCallStart }

// EventType gives tool_call_result.
func (ToolCallResult) EventType() Type { return TypeToolCallResult }

// EventType gives task_start.
func (TaskStart) EventType() Type { return TypeTaskStart }

// EventType gives task_end.
func (TaskEnd) EventType() Type { return TypeTaskEnd }

// EventType gives memory_write.
func (MemoryWrite) EventType() Type { return TypeMemoryWrite }

// EventType gives memory_read.
func (MemoryRead) EventType() Type { return TypeMemoryRead }

// EventType gives memory_search.
func (MemorySearch) EventType() Type { return TypeMemorySearch }

// EventType gives memory_consolidate.
func (MemoryConsolidate) EventType() Type { return TypeMemoryConsolidate }

// EventType gives structure_generated.
func (StructureGenerated) EventType() Type { return TypeStructureGenerated }

// EventType gives energy_calculated.
func (EnergyCalculated) EventType() Type { return TypeEnergyCalculated }

// EventType gives validation_complete.
func (ValidationComplete) EventType() Type { return TypeValidationComplete }

// EventType gives discovery_status.
func (DiscoveryStatus) EventType() Type { return TypeDiscoveryStatus }

// EventType gives discovery_complete.
func (DiscoveryComplete) EventType() Type { return TypeDiscoveryComplete }

// EventType gives discovery_deleted.
func (DiscoveryDeleted) EventType() Type { return TypeDiscoveryDeleted }

// EventType gives approval_request.
func (ApprovalRequest) EventType() Type { return TypeApprovalRequest }

// EventType gives question.
func (Question) EventType() Type { return TypeQuestion }

// EventType gives attempt_superseded.
func (AttemptSuperseded) EventType() Type { return TypeAttemptSuperseded }

// EventType gives error.
func (Error) EventType() Type { return TypeError }

// EventType gives reasoning_update.
func (ReasoningUpdate) EventType() Type { return TypeReasoningUpdate }

// EventType gives tool_call_progress.
func (ToolCallProgress) EventType() Type { return TypeToolCallProgress }

// EventType gives task_progress.
func (TaskProgress) EventType() Type { return TypeTaskProgress }

// EventType gives structure_updated.
func (StructureUpdated) EventType() Type { return TypeStructureUpdated }

// EventType gives usage_update.
func (UsageUpdate) EventType() Type { return TypeUsageUpdate }

var byType = func() map[Type]Kind {
	m := make(map[Type]Kind, len(All))
	for _, k := range All {
		m[k.Type] = k
	}
	return m
}()

// Durable reports whether events of the type are stored.
func Durable(t Type) bool { return byType[t].Durable }

// Decode gives the typed payload of an event.
func Decode(e Event) (Payload, error) {
	k, ok := byType[e.Type]
	if !ok {
		return nil, fmt.Errorf("event %s: unknown type %q", e.ID, e.Type)
	}
	p := reflect.New(reflect.TypeOf(k.Zero))
	if err := json.Unmarshal(e.Data, p.Interface()); err != nil {
		return nil, fmt.Errorf("event %s: data of %s: %w", e.ID, e.Type, err)
	}
	return p.Elem().Interface().(Payload), nil
}
