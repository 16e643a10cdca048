package postgres

import (
	"bytes"
	"context"
	"io"
	"time"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/artifact"
	"crystalyse/internal/fault"
)

// maxArtifact is the largest file kept in the database, in bytes.
const maxArtifact = 64 << 20

// artifacts keeps files in the database, for workers that share no folder.
type artifacts struct{ *DB }

var _ artifact.Store = artifacts{}

// Artifacts gives the store of files in the database.
func (d *DB) Artifacts() artifact.Store { return artifacts{d} }

// Open reads an artifact.
func (d artifacts) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	body, err := one2(d.q.GetArtifact(ctx, path))("artifact", path)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

// Put writes an artifact whole, or not at all.
func (d artifacts) Put(ctx context.Context, path string, r io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(r, maxArtifact+1))
	if err != nil {
		return err
	}
	if len(body) > maxArtifact {
		return fault.New(fault.CodeLimit, "artifact %q is larger than %d bytes", path, maxArtifact)
	}
	return wrap(d.q.PutArtifact(ctx, db.PutArtifactParams{Path: path, Body: body}))
}

// DropCheckpoints removes the checkpoints kept here that nobody goes on from:
// those of calls that have their result, and those written before a time that
// nothing open can ask for. It gives the bytes that are freed; with dry it only
// counts them.
func (d *DB) DropCheckpoints(ctx context.Context, before time.Time, dry bool) (int64, error) {
	drop := d.q.DropCheckpoints
	if dry {
		drop = d.q.OldCheckpoints
	}
	n, err := drop(ctx, before)
	return n, wrap(err)
}
