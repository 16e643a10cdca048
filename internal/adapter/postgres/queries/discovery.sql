-- name: EnsureUser :exec
INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: InsertSession :exec
INSERT INTO sessions (id, user_id, title) VALUES ($1, $2, $3);

-- name: GetSession :one
SELECT * FROM sessions WHERE id = $1 AND user_id = $2;

-- name: LockSession :one
SELECT * FROM sessions WHERE id = $1 FOR UPDATE;

-- name: ListSessions :many
SELECT * FROM sessions WHERE user_id = @user_id AND (@before::text = '' OR id < @before) ORDER BY id DESC LIMIT @max_rows;

-- name: InsertDiscovery :one
INSERT INTO discoveries (id, session_id, user_id, request_id, query, mode, status, budget)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (user_id, request_id) DO NOTHING RETURNING *;

-- name: DiscoveryByRequest :one
SELECT * FROM discoveries WHERE user_id = $1 AND request_id = $2;

-- name: GetDiscovery :one
SELECT * FROM discoveries WHERE id = $1;

-- name: LockDiscovery :one
SELECT * FROM discoveries WHERE id = $1 FOR UPDATE;

-- name: GetUserDiscovery :one
SELECT * FROM discoveries WHERE id = $1 AND user_id = $2;

-- name: ListDiscoveries :many
SELECT * FROM discoveries
WHERE user_id = @user_id AND (@session_id::text = '' OR session_id = @session_id) AND (@before::text = '' OR id < @before)
ORDER BY id DESC LIMIT @max_rows;

-- name: OpenDiscoveries :many
SELECT * FROM discoveries WHERE ended_at IS NULL ORDER BY id;

-- name: CountOpen :one
SELECT count(*) FROM discoveries WHERE ended_at IS NULL AND status <> 'needs_attention';

-- name: OpenBefore :one
SELECT count(*) FROM discoveries WHERE session_id = $1 AND id < $2 AND ended_at IS NULL;

-- name: NextInSession :one
-- The first that waits; a fork waits for nobody.
SELECT id FROM discoveries WHERE session_id = $1 AND id <> $2 AND ended_at IS NULL AND started_at IS NULL AND parent_id IS NULL ORDER BY id LIMIT 1;

-- name: ClosedBefore :many
SELECT id, query, summary, report FROM discoveries
WHERE session_id = $1 AND id < $2 AND ended_at IS NOT NULL ORDER BY id;

-- name: MarkStarted :exec
UPDATE discoveries SET started_at = coalesce(started_at, now()) WHERE id = $1;

-- name: SetDiscoveryStatus :execrows
UPDATE discoveries SET status = @status, reason = @reason, details = @details, usage = @usage,
    agent = coalesce(sqlc.narg(agent)::jsonb, agent), budget = coalesce(sqlc.narg(budget)::jsonb, budget),
    deadline = coalesce(sqlc.narg(deadline)::timestamptz, deadline), paused = @paused, started_at = coalesce(started_at, now())
WHERE id = @id AND ended_at IS NULL;

-- name: CloseDiscovery :execrows
UPDATE discoveries SET status = @status, reason = '', details = @details, usage = @usage, report_id = @report_id,
    report = @report, summary = @summary, ended_at = now()
WHERE id = @id AND ended_at IS NULL;
