package mcp_test

import (
	"fmt"
	"os"
	"strings"
)

// zombie reports whether a process is dead and only waits to be reaped.
func zombie(pid int) bool {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(body), ") Z ")
}
