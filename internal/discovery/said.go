package discovery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// What users say to a run, and what a run asks them, is not for the engine's
// history: nothing can be taken out of it again. The run is given a mark with an
// id, and the words are put in where they are read.

// Said keeps the words that marks stand for.
type Said interface {
	// Keep stores words under an id of a discovery. What is there already stays: an
	// instruction sent again is the same one.
	Keep(ctx context.Context, discoveryID, id, words string) error
	// Words gives those of the ids that are kept.
	Words(ctx context.Context, discoveryID string, ids []string) (map[string]string, error)
}

var saidMark = regexp.MustCompile(`\{\{said:([A-Za-z0-9._-]{1,64})\}\}`)

// Say keeps words and gives the mark that stands for them; "" stays "".
func Say(ctx context.Context, s Said, discoveryID, id, words string) (string, error) {
	if words == "" || s == nil {
		return words, nil
	}
	return "{{said:" + id + "}}", s.Keep(ctx, discoveryID, id, words)
}

// Spell puts the words into texts, in place. A mark whose words are not there
// stays as it is.
func Spell(ctx context.Context, s Said, discoveryID string, texts ...*string) error {
	var ids []string
	for _, t := range texts {
		for _, m := range saidMark.FindAllStringSubmatch(*t, -1) {
			ids = append(ids, m[1])
		}
	}
	if len(ids) == 0 || s == nil {
		return nil
	}
	words, err := s.Words(ctx, discoveryID, ids)
	if err != nil {
		return err
	}
	for _, t := range texts {
		*t = saidMark.ReplaceAllStringFunc(*t, func(mark string) string {
			if w, ok := words[saidMark.FindStringSubmatch(mark)[1]]; ok {
				return w
			}
			return mark
		})
	}
	return nil
}

// Discreet is a runner whose runs are given marks in place of words.
type Discreet struct {
	Runner
	Said Said
}

// Update keeps the words of the instruction before it is sent.
func (d Discreet) Update(ctx context.Context, discoveryID string, u Update) (err error) {
	sum := sha256.Sum256([]byte(u.RequestID)) // any characters, and longer than an id
	as := "u." + hex.EncodeToString(sum[:16])
	if u.Text, err = Say(ctx, d.Said, discoveryID, as, u.Text); err != nil {
		return err
	}
	if u.Reason, err = Say(ctx, d.Said, discoveryID, as+".r", u.Reason); err != nil {
		return err
	}
	return d.Runner.Update(ctx, discoveryID, u)
}

// State puts the words in again.
func (d Discreet) State(ctx context.Context, discoveryID string) (RunState, error) {
	s, err := d.Runner.State(ctx, discoveryID)
	if err != nil {
		return s, err
	}
	texts := []*string{&s.Reason, &s.Details}
	for i := range s.Pending {
		p := &s.Pending[i]
		texts = append(texts, &p.Text, &p.Default)
		for j := range p.Options {
			texts = append(texts, &p.Options[j])
		}
	}
	return s, Spell(ctx, d.Said, discoveryID, texts...)
}
