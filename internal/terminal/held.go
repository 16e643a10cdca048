package terminal

import (
	"io"
	"strings"
)

// Held prints why a discovery waits and the ways on.
func Held(w io.Writer, r *Run, discoveryID string, st Style) error {
	p := &page{st: st}
	p.line("")
	p.line(p.st.paint(amber, "! ") + p.st.paint(strong, "The discovery is held and keeps what it has."))
	p.wrapped(heldHead(r), "")
	if r.Failure != nil {
		for _, s := range r.Failure.Suggestions {
			p.wrapped("- "+s, "  ")
		}
	}
	p.line("")
	ways := [][2]string{
		{"crystalyse retry " + discoveryID, "try the step again, once the cause is mended"},
		{"crystalyse skip " + discoveryID, "go on without it"},
		{"crystalyse cancel " + discoveryID, "stop, with a report of what there is"},
	}
	switch r.Reason {
	case "approval":
		ways[0] = [2]string{"crystalyse approve " + discoveryID, "allow the call; --remember for the rest of the session"}
		ways[1] = [2]string{"crystalyse approve --deny " + discoveryID, "do not allow it; the model is told"}
	case "question":
		ways = [][2]string{{"crystalyse answer " + discoveryID + " <words>", "answer; without one, its default holds after a while"}, ways[2]}
	}
	if strings.HasSuffix(r.Step, ".llm") {
		// A turn of the model has nothing to go on with when it is left out.
		ways[1] = [2]string{"crystalyse finish " + discoveryID, "end now with what there is"}
	}
	for _, way := range ways {
		p.line("  " + p.st.paint(teal, way[0]))
		p.line("      " + way[1])
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}
