package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"crystalyse/activities"
)

// Workshop is the name of the one-step workflow that reads and writes structure
// files, and lists the potentials, for the API.
const Workshop = "Workshop"

// WorkshopInput asks for one of the two, or, empty, for the list of potentials.
type WorkshopInput struct {
	Parse   *activities.ParseInput
	Convert *activities.ConvertInput
}

// workshopPatience bounds what a user who waits for an answer waits at most.
const workshopPatience = 90 * time.Second

// WorkshopWorkflow runs the one step.
func WorkshopWorkflow(ctx workflow.Context, in WorkshopInput) (activities.WorkshopResult, error) {
	name, summary, args := activities.NameListPotentials, "list the potentials", []any{}
	switch {
	case in.Parse != nil:
		name, summary, args = activities.NameParseStructure, "read a structure file: "+in.Parse.Format, []any{in.Parse}
	case in.Convert != nil:
		name, summary, args = activities.NameConvertStructure, fmt.Sprintf("write %s as %s", in.Convert.StructureID, in.Convert.Format), []any{in.Convert}
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: QueueTools, Summary: summary, HeartbeatTimeout: heartbeatTool,
		StartToCloseTimeout: workshopPatience, ScheduleToCloseTimeout: workshopPatience, RetryPolicy: retry(time.Second, 5*time.Second, 3),
	})
	var out activities.WorkshopResult
	err := workflow.ExecuteActivity(ctx, name, args...).Get(ctx, &out)
	return out, err
}
