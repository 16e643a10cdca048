-- name: KnownEvents :many
SELECT id FROM events WHERE id = ANY (@ids::text[]);

-- name: TakeOrds :one
UPDATE sessions SET last_ord = last_ord + @n::bigint WHERE id = @id RETURNING last_ord;

-- name: InsertEvents :execrows
-- What is stored already is left out. So is everything that a step has to say
-- of a discovery that has ended: nothing follows its last event.
INSERT INTO events (session_id, ord, id, user_id, discovery_id, type, body)
SELECT @session_id::text, unnest(@ords::bigint[]), unnest(@ids::text[]), @user_id::text, @discovery_id::text, unnest(@types::text[]), unnest(@bodies::text[])::jsonb
WHERE NOT @step::bool OR EXISTS (SELECT 1 FROM discoveries d WHERE d.id = @discovery_id::text AND d.ended_at IS NULL)
ON CONFLICT DO NOTHING;

-- name: TakeBack :exec
-- Events that this transaction has just stored.
DELETE FROM events WHERE session_id = @session_id AND ord > @after;

-- name: HasEnded :one
SELECT (ended_at IS NOT NULL)::bool AS ended FROM discoveries WHERE id = $1;

-- name: EventsAfter :many
SELECT ord, body FROM events
WHERE session_id = @session_id AND user_id = @user_id AND ord > @after AND (@discovery_id::text = '' OR discovery_id = @discovery_id)
ORDER BY ord LIMIT @max_rows;

-- name: OpenStep :one
-- The attempt before, 0 if this is the first; the stored one never goes down.
-- What was scheduled later counts on from there. The commit does not wait for the
-- disk: an opening that a crash takes away is missed by whatever the attempt
-- writes (see fenced), and is made again.
WITH before AS (SELECT s.attempt FROM steps s WHERE s.discovery_id = @discovery_id AND s.gen = @gen AND s.step = @step FOR UPDATE),
     written AS (
         -- Reading `before` here makes it be read first.
         INSERT INTO steps (discovery_id, gen, step, user_id, attempt, scheduled)
         SELECT @discovery_id, @gen, @step, @user_id, @attempt, @scheduled FROM (SELECT count(*) FROM before) first
         ON CONFLICT (discovery_id, gen, step) DO UPDATE SET
             base = CASE WHEN excluded.scheduled > steps.scheduled THEN steps.attempt ELSE steps.base END,
             attempt = CASE WHEN excluded.scheduled > steps.scheduled THEN steps.attempt + excluded.attempt
                            WHEN excluded.scheduled = steps.scheduled THEN greatest(steps.attempt, steps.base + excluded.attempt)
                            ELSE steps.attempt END,
             scheduled = greatest(steps.scheduled, excluded.scheduled)
         RETURNING attempt, base, scheduled, opened_at)
SELECT coalesce((SELECT attempt FROM before), 0)::int AS before, w.attempt::int AS now, w.base::int AS base, w.scheduled::bigint AS scheduled, w.opened_at,
    set_config('synchronous_commit', 'off', true)::text AS lazily FROM written w;

-- name: UnfinishedSteps :many
SELECT s.step FROM steps s WHERE s.discovery_id = $1 AND s.gen = $2 AND s.step LIKE 'c%'
    AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.discovery_id = s.discovery_id AND c.gen = s.gen AND c.call_id = s.step AND c.status <> 'running')
ORDER BY s.step;

-- name: LockStep :one
SELECT attempt, scheduled FROM steps WHERE discovery_id = $1 AND gen = $2 AND step = $3 FOR SHARE;

-- name: SaveServerState :exec
INSERT INTO mcp_servers (worker, server, state) VALUES ($1, $2, $3)
ON CONFLICT (worker, server) DO UPDATE SET state = excluded.state, updated_at = now();

-- name: ForgetServerStates :exec
DELETE FROM mcp_servers WHERE worker = $1 OR updated_at < now() - interval '1 day';

-- name: ServerStates :many
SELECT * FROM mcp_servers ORDER BY updated_at;
