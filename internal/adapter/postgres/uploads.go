package postgres

import (
	"context"

	"crystalyse/internal/adapter/postgres/db"
	"crystalyse/internal/structure"
)

type uploads struct{ *DB }

var _ structure.Uploads = uploads{}

// Uploads stores what users brought themselves.
func (d *DB) Uploads() structure.Uploads { return uploads{d} }

// Keep stores a structure and who brought it.
func (d uploads) Keep(ctx context.Context, userID, name, format string, s structure.Structure) error {
	record, err := s.Record()
	if err != nil {
		return err
	}
	return d.tx(ctx, func(q *db.Queries) error {
		if err := q.EnsureUser(ctx, userID); err != nil {
			return err
		}
		if err := q.InsertStructure(ctx, db.InsertStructureParams{ID: s.ID, Formula: s.Formula, Body: s.Body}); err != nil {
			return err
		}
		return q.InsertUpload(ctx, db.InsertUploadParams{UserID: userID, StructureID: s.ID, Name: name, Format: format, Record: record})
	})
}
