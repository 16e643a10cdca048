-- name: CreateSession :one
-- A known alias gives the session that has it.
INSERT INTO sessions (id, user_id, alias, title) VALUES (@id, @user_id, sqlc.narg(alias), @title)
ON CONFLICT (user_id, alias) DO UPDATE SET alias = excluded.alias RETURNING *;

-- name: RenameSession :one
UPDATE sessions SET title = @title WHERE id = @id AND user_id = @user_id RETURNING *;

-- name: EndSession :one
-- Its name is free: the next use of it opens a new session.
UPDATE sessions SET ended_at = now(), alias = NULL WHERE id = @id AND user_id = @user_id AND ended_at IS NULL RETURNING *;

-- name: SearchSessions :many
-- The text may stand in the title or in a question.
SELECT * FROM sessions s
WHERE s.user_id = @user_id AND (@before::text = '' OR s.id < @before)
  AND (s.title ILIKE @pattern OR EXISTS (SELECT 1 FROM discoveries d WHERE d.session_id = s.id AND d.query ILIKE @pattern))
ORDER BY s.id DESC LIMIT @max_rows;

-- name: OpenInSession :one
SELECT count(*) FROM discoveries WHERE session_id = $1 AND ended_at IS NULL;

-- name: IdleSessions :many
-- Those in which nothing has happened since, by their newest event.
SELECT s.* FROM sessions s JOIN events e ON e.session_id = s.id AND e.ord = s.last_ord
WHERE s.ended_at IS NULL AND s.id > @after::text AND (e.body->>'timestamp')::float8 < @since::float8
  AND NOT EXISTS (SELECT 1 FROM discoveries d WHERE d.session_id = s.id AND d.ended_at IS NULL)
ORDER BY s.id LIMIT @max_rows;
