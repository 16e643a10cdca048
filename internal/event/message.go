package event

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
)

// MessageOf encodes an event for the bus.
func MessageOf(e Event) (Message, error) {
	id, err := ParseID(e.ID)
	if err != nil {
		return Message{}, err
	}
	e.Metadata.Epoch, e.Metadata.Seq = "", 0
	body, err := json.Marshal(e)
	if err != nil {
		return Message{}, fmt.Errorf("event %s: encode: %w", e.ID, err)
	}
	m := Message{Ord: e.Metadata.Ord, Attempt: id.Attempt, N: id.N, Body: body}
	if m.Ord > 0 {
		m.Mark = Mark(e)
	}
	if !IsOutside(id.Step) {
		m.Producer = fmt.Sprintf("%s/%d/%s", id.Subject, id.Gen, id.Step)
	}
	return m, nil
}

// MarkSize is the length of every mark; durable.lua counts on it.
const MarkSize = 8

// Mark tells an event from another one that has its ord in another copy of the
// log. An id alone can not: a step that is done again gives the same ones.
func Mark(e Event) string {
	h := fnv.New32a()
	at := binary.LittleEndian.AppendUint64(make([]byte, 0, 64), math.Float64bits(e.Timestamp))
	_, _ = h.Write(append(at, e.ID...)) // never fails, as documented
	return hex.EncodeToString(h.Sum(nil))
}
