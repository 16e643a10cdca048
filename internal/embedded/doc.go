// Package embedded runs everything crystalyse needs on one machine, in one
// folder, without root and without containers: it installs what is missing,
// starts PostgreSQL, Redis, Temporal, the API and the worker as supervised
// children, and stops all of them.
//
// A state folder belongs to one running stack (a file lock). What a killed
// stack left behind is recognized by process id and start time, and ended.
package embedded
