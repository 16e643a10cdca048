package mcp

import "syscall"

// ownGroup puts a server into a process group of its own and has the kernel end
// it when the worker dies, however it dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
