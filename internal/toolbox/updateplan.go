package toolbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kalpana-dev/kalpana/internal/permission"
)

// PlanItem is one step of the agent's plan.
type PlanItem struct {
	Title  string `json:"title"`
	Status string `json:"status"` // pending, active, done or dropped
}

const (
	maxPlanItems = 20
	maxPlanTitle = 120
)

func updatePlan() tool {
	return tool{
		name: "updatePlan", class: permission.ClassRead,
		description: "Shows the user the steps of the work, always all of them; at most one is active. For work of more than two or three steps.",
		aliases:     []string{"todowrite", "writetodos", "plan", "todo", "updatetodos", "settodos", "managetodolist", "updatetodolist", "taskplan", "setplan"},
		fields: []field{
			{
				name: "items", kind: items, required: true, min: 1, max: maxPlanItems, inner: "title", aliases: []string{"todos", "plan", "steps", "tasks", "todolist"},
				fields: []field{
					{name: "title", kind: text, required: true, most: maxPlanTitle, label: true, about: "the step in a few words", aliases: []string{"content", "step", "task", "text", "description", "name"}},
					{
						name: "status", kind: choice, fallback: "pending", values: []string{"pending", "active", "done", "dropped"}, aliases: []string{"state"},
						words: map[string]string{
							"inprogress": "active", "doing": "active", "current": "active", "running": "active", "started": "active",
							"completed": "done", "complete": "done", "finished": "done", "true": "done", "x": "done",
							"todo": "pending", "open": "pending", "notstarted": "pending", "false": "pending", "planned": "pending",
							"cancelled": "dropped", "canceled": "dropped", "skipped": "dropped", "abandoned": "dropped", "removed": "dropped",
						},
					},
				},
			},
		},
		fresh: func() arguments { return &updatePlanArgs{} },
	}
}

type updatePlanArgs struct {
	Items []PlanItem `json:"items"`
}

func (a *updatePlanArgs) check() *Error {
	active := 0
	for i, item := range a.Items {
		if strings.TrimSpace(item.Title) == "" {
			return expected(fmt.Sprintf("items[%d]: title", i), "a text", encode(item.Title))
		}
		if item.Status == "active" {
			active++
		}
	}
	if active > 1 {
		return errorf(CodeBadArguments, "items: expected at most one active step, got %d.", active)
	}
	return nil
}

func (a *updatePlanArgs) describe(*Session, *permission.Call) string { return "Update the plan" }

func (a *updatePlanArgs) run(context.Context, *Call, func(string)) Result {
	return Result{Text: "The user sees the plan.\n", output: a}
}

// Plan returns the steps if c is a call of updatePlan.
func (c *Call) Plan() ([]PlanItem, bool) {
	if a, ok := c.args.(*updatePlanArgs); ok {
		return slices.Clone(a.Items), true
	}
	return nil, false
}
