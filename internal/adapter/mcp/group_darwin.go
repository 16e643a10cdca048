package mcp

import "syscall"

// ownGroup puts a server into a process group of its own. Without a kernel's
// help, a server whose worker was killed ends when its standard input closes.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
