package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ownGroup puts a child into its own process group, to be killed by the kernel
// when this program dies, however it dies.
func ownGroup(a *syscall.SysProcAttr) {
	a.Setpgid = true
	a.Pdeathsig = syscall.SIGKILL
}

// unprivileged lets a program that refuses to run as root run all the same: in
// a user namespace root's files belong to an ordinary user.
func unprivileged(a *syscall.SysProcAttr) {
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	a.Cloneflags = syscall.CLONE_NEWUSER
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}}
}

// startTime is when a process began, in the kernel's ticks; "" when there is none.
func startTime(pid int) string {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name is in parentheses and may hold anything; fields follow the last one.
	fields := strings.Fields(string(body[strings.LastIndexByte(string(body), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	return fields[19]
}

// workingIn gives the living processes whose working folder is dir.
func workingIn(dir string) []string {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var found []string
	for _, l := range links {
		// A process that has just gone has no link any more.
		if target, err := os.Readlink(l); err == nil && target == dir {
			found = append(found, filepath.Base(filepath.Dir(l)))
		}
	}
	return found
}
