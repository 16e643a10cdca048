-- name: InsertUpload :exec
INSERT INTO uploads (user_id, structure_id, name, format) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id, structure_id) DO UPDATE SET name = excluded.name;
