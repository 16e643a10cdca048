//go:build chaos || bench

package e2e

import (
	"os"
	"strconv"
)

// number is a setting of a long run.
func number(name string, def int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return def
}
