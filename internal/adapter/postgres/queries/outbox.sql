-- name: UnpublishedEvents :many
SELECT ord, body FROM events WHERE session_id = $1 AND published_at IS NULL ORDER BY ord LIMIT $2;

-- name: NumberedEvents :many
SELECT ord, body FROM events WHERE session_id = $1 AND ord > $2 ORDER BY ord LIMIT $3;

-- name: MarkPublished :exec
-- The commit does not wait for the disk: what a crash forgets is published again,
-- and is known there.
UPDATE events SET published_at = now() WHERE session_id = $1 AND ord <= $2 AND published_at IS NULL
RETURNING set_config('synchronous_commit', 'off', true);

-- name: SessionsToPublish :many
SELECT DISTINCT session_id FROM events WHERE published_at IS NULL LIMIT $1;

-- name: LastOrd :one
SELECT last_ord FROM sessions WHERE id = $1 AND user_id = $2;

-- name: SessionByAlias :one
SELECT * FROM sessions WHERE user_id = $1 AND alias = $2;

-- name: InsertAlias :one
INSERT INTO sessions (id, user_id, alias, title) VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, alias) DO NOTHING RETURNING *;

-- name: OutboxBacklog :one
SELECT count(*) AS events, COALESCE(EXTRACT(EPOCH FROM now())::float8 - min((body->>'timestamp')::float8), 0)::float8 AS age_s
FROM events WHERE published_at IS NULL;
