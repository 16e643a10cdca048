// Command crystalyse is the one binary of CrystaLyse: it starts the stack, runs
// its parts, and asks it for materials.
package main

import (
	"fmt"
	"os"

	"crystalyse/internal/fault"
)

func main() {
	root := newRoot()
	if err := root.Execute(); err != nil {
		if text := err.Error(); text != "" {
			fmt.Fprintln(os.Stderr, "crystalyse:", text)
			if hint := fault.Hint(err); hint != "" {
				fmt.Fprintln(os.Stderr, "  →", hint)
			}
		}
		os.Exit(exitCodeOf(err))
	}
}
