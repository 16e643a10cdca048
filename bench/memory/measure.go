package main

import (
	"context"
	"time"
)

const numQuestions = 200

func measure(_ context.Context, _, _ string, _, _ [][]float32, _ time.Duration) error { return nil }
