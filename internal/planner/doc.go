// Package planner is the built-in planner: rules, no language model, behind the
// real chat-completions wire. It drives the same tools as a model would, cites
// values by key, declines what no tool gives, and says so when it does not
// understand. Nothing outside of this package, but the wiring that starts it,
// knows that it exists.
//
// A turn is a pure function of the transcript: Understand reads the question,
// history reads what was called, and the family of the question decides the
// next calls or the answer.
package planner

import "crystalyse/internal/llm"

// Model is the model name of the planner on the wire.
const Model = "crystalyse-planner-1"

// Identity is how reports and screens name the planner.
var Identity = llm.Identity{Name: "CrystaLyse", Model: Model, Provider: "built-in planner (rules, no language model)"}

const introduction = "Built-in planner (rules, no language model): I recognize a set of materials questions and answer them with the same tools a model would use."
