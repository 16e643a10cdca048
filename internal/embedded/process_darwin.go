package embedded

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// ownGroup puts a child into its own process group. What a killed stack leaves
// is ended by the next one.
func ownGroup(a *syscall.SysProcAttr) { a.Setpgid = true }

// unprivileged does nothing here: nobody runs a laptop's crystalyse as root.
func unprivileged(*syscall.SysProcAttr) {}

// startTime is when a process began; "" when there is none.
func startTime(pid int) string {
	out, err := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// workingIn knows nothing here; PostgreSQL's own check of its lock decides.
func workingIn(string) []string { return nil }
