// Package user is the owner of every object.
package user

// Local is the one user of single mode, created by the first migration.
const Local = "local"
