-- name: InsertUpload :exec
INSERT INTO uploads (user_id, structure_id, name, format, record) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, structure_id) DO UPDATE SET name = excluded.name, record = excluded.record;
