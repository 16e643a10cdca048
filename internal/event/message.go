package event

import (
	"encoding/json"
	"fmt"
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
	if !IsOutside(id.Step) {
		m.Producer = fmt.Sprintf("%s/%d/%s", id.Subject, id.Gen, id.Step)
	}
	return m, nil
}
