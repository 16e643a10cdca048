package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"crystalyse/internal/client"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/fault"
	"crystalyse/internal/terminal"
)

// ending is how watching a discovery ended.
type ending int

const (
	wasClosed ending = iota
	wasHeld
	wasLeft
)

// watcher shows a discovery and answers Ctrl-C. One goroutine reads from the
// server; everything else happens in watch.
type watcher struct {
	client  *client.Client
	con     console
	view    *terminal.View
	id      string
	signals <-chan os.Signal
	keys    *terminal.Keyboard

	events   []event.Event
	answers  <-chan string // not nil while the question is open
	stopping bool
	stopped  chan error
}

// news is what the reading goroutine found.
type news struct {
	batch client.Batch
	lost  bool
}

// watch returns when the discovery is closed, held or left.
func (w *watcher) watch(ctx context.Context) (ending, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.stopped = make(chan error, 1)
	arrived, over := w.read(ctx)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case n := <-arrived:
			if n.lost {
				w.view.Lost()
				continue
			}
			w.events = append(w.events, n.batch.Events...)
			w.view.Update(n.batch.Events, n.batch.Running)
			if n.batch.Status == discovery.StatusNeedsAttention && !w.stopping && len(n.batch.Events) < client.FollowLimit {
				return wasHeld, nil
			}
		case err := <-over:
			return wasClosed, err
		case <-tick.C:
			w.view.Tick()
		case s := <-w.signals:
			if w.interrupted(s) {
				return wasLeft, nil
			}
		case answer, typed := <-w.answers:
			if w.answered(ctx, answer, typed) {
				return wasLeft, nil
			}
		case err := <-w.stopped:
			// One that just closed by itself needs no stopping.
			if err != nil && !fault.Is(err, fault.CodeConflict) {
				w.stopping = false
				w.view.Note("it could not be stopped: " + err.Error())
			}
		}
	}
}

// read follows the discovery in a goroutine that ends with the context.
func (w *watcher) read(ctx context.Context) (<-chan news, <-chan error) {
	arrived, over := make(chan news), make(chan error, 1)
	give := func(n news) error {
		select {
		case arrived <- n:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() {
		over <- w.client.Follow(ctx, w.id, 0, client.Follower{
			Batch: func(b client.Batch) error { return give(news{batch: b}) },
			Lost:  func(error) { _ = give(news{lost: true}) }, // only fails when nobody listens any more
		})
	}()
	return arrived, over
}

// interrupted answers a signal: the first Ctrl-C asks, another one leaves, as
// does everything where nobody can answer. Leaving never stops the discovery.
func (w *watcher) interrupted(s os.Signal) (leave bool) {
	if s != os.Interrupt || !w.con.asks || w.answers != nil || w.stopping {
		return true
	}
	w.view.Pause()
	w.ask()
	return false
}

func (w *watcher) ask() {
	w.answers = w.keys.Lines()
	_, _ = fmt.Fprint(w.con.err, "\n"+terminal.StopQuestion) // without a terminal nobody is asked
}

// answered acts on a typed line; the end of the input leaves.
func (w *watcher) answered(ctx context.Context, answer string, typed bool) (leave bool) {
	if !typed {
		return true
	}
	switch terminal.ReadChoice(answer) {
	case terminal.Leave:
		return true
	case terminal.Stop:
		w.stopping, w.answers = true, nil
		w.view.Resume()
		w.view.Note("stopping; its report of what there is follows. Ctrl-C leaves it to itself.")
		go func() { w.stopped <- w.client.Cancel(ctx, w.id, "stopped in the terminal") }()
	case terminal.Continue:
		w.answers = nil
		w.view.Resume()
	default:
		w.ask()
	}
	return false
}
