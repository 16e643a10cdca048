package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// kept is a checkpoint folder, as one attempt of the work tool sees it.
type kept struct {
	dir, asked string
	fence      float64
}

func openKept(p workParams) kept {
	k := kept{asked: fmt.Sprintf("%x", sha256.Sum256([]byte(p.Name+string(p.Arguments))))}
	k.dir, _ = p.Meta["crystalyse/checkpoint_dir"].(string)
	k.fence, _ = p.Meta["crystalyse/fence"].(float64)
	if k.dir != "" {
		_ = os.MkdirAll(k.dir, 0o700)
	}
	return k
}

// held does something while no other attempt looks or writes.
func (k kept) held(what func()) {
	if k.dir == "" {
		what()
		return
	}
	f, err := os.OpenFile(filepath.Join(k.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		defer f.Close() // which frees it
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		panic(err)
	}
	what()
}

// claim takes the folder for this attempt, and gives what an earlier one has
// answered, or nothing.
func (k kept) claim() (answer json.RawMessage) {
	k.held(func() {
		if !k.stale() {
			k.write("fence", strconv.FormatFloat(k.fence, 'f', 0, 64))
			answer = k.answered()
		}
	})
	return answer
}

// answer keeps a result and gives the answer to say: that of another attempt,
// if it was sooner; ok is false when a newer attempt has taken over.
func (k kept) answer(result map[string]any) (answer json.RawMessage, first, ok bool) {
	body, err := json.Marshal(result)
	if err != nil || k.dir == "" {
		return body, true, err == nil
	}
	k.held(func() {
		if ok = !k.stale(); !ok {
			return
		}
		if answer = k.answered(); answer == nil {
			answer, first = body, true
			line, _ := json.Marshal(keptAnswer{k.asked, body})
			k.write("answer", string(line))
		}
	})
	return answer, first, ok
}

type keptAnswer struct {
	Asked  string // hashed: what a model asks may be words
	Answer json.RawMessage
}

func (k kept) answered() json.RawMessage {
	var have keptAnswer
	body, _ := os.ReadFile(filepath.Join(k.dir, "answer")) // none yet is none
	if json.Unmarshal(body, &have) != nil || have.Asked != k.asked {
		return nil
	}
	return have.Answer
}

func (k kept) write(name, text string) {
	if k.dir == "" {
		return
	}
	file := filepath.Join(k.dir, name)
	_ = os.WriteFile(file+".new", []byte(text), 0o600)
	_ = os.Rename(file+".new", file)
}

func (k kept) read(name string) float64 {
	body, _ := os.ReadFile(filepath.Join(k.dir, name)) // none yet is 0
	n, _ := strconv.ParseFloat(strings.TrimSpace(string(body)), 64)
	return n
}

func (k kept) stale() bool   { return k.dir != "" && k.read("fence") > k.fence }
func (k kept) step() int     { return int(k.read("step")) }
func (k kept) keep(step int) { k.write("step", strconv.Itoa(step)) }
