-- name: InsertMessage :exec
INSERT INTO messages (id, parent_id, discovery_id, user_id, step, body, usage) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING;

-- name: LoadTranscript :many
WITH RECURSIVE chain AS (
    SELECT m.*, 0 AS depth FROM messages m WHERE m.id = @head
    UNION ALL
    SELECT m.*, c.depth + 1 FROM messages m JOIN chain c ON m.id = c.parent_id
)
SELECT id, coalesce(parent_id, '')::text AS parent_id, discovery_id, user_id, step, body, usage FROM chain ORDER BY depth DESC;

-- name: InsertTurn :exec
INSERT INTO turns (discovery_id, gen, step, user_id, head, finish_reason, calls, usage) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (discovery_id, gen, step) DO NOTHING;

-- name: GetTurn :one
SELECT * FROM turns WHERE discovery_id = $1 AND gen = $2 AND step = $3;

-- name: CallByKey :one
SELECT * FROM calls WHERE idempotency_key = $1 AND status IN ('ok', 'tool_error');

-- name: CallsOf :many
SELECT * FROM calls WHERE discovery_id = $1 AND status <> 'running';

-- name: RunningCalls :many
SELECT * FROM calls WHERE discovery_id = $1 AND user_id = $2 AND status = 'running' ORDER BY started_at;

-- name: NoteProgress :exec
-- Progress that a crash forgets is reported again: the commit does not wait for
-- the disk.
INSERT INTO calls (discovery_id, call_id, gen, user_id, idempotency_key, tool, server, tool_version, arguments, status, attempts, started_at, progress)
VALUES (@discovery_id, @call_id, @gen, @user_id, @idempotency_key, @tool, @server, @tool_version, @arguments, 'running', @attempts, @started_at, @progress)
ON CONFLICT (discovery_id, call_id, gen) DO UPDATE SET progress = excluded.progress, attempts = excluded.attempts,
    status = 'running', result = NULL, error = NULL, ended_at = NULL
WHERE calls.status = 'running' AND calls.attempts <= excluded.attempts OR calls.status = 'cancelled' AND calls.attempts < excluded.attempts
RETURNING set_config('synchronous_commit', 'off', true);

-- name: FinishCall :exec
INSERT INTO calls (discovery_id, call_id, gen, user_id, idempotency_key, tool, server, tool_version, arguments, status, result, error, attempts, resumed_from_step, started_at, ended_at, computation, reused_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (discovery_id, call_id, gen) DO UPDATE SET status = excluded.status, result = excluded.result, error = excluded.error,
    attempts = excluded.attempts, resumed_from_step = excluded.resumed_from_step, started_at = least(calls.started_at, excluded.started_at),
    ended_at = excluded.ended_at, progress = NULL, computation = excluded.computation, reused_from = excluded.reused_from;

-- name: CallByComputation :one
SELECT * FROM calls WHERE user_id = $1 AND computation = $2 AND computation <> '' AND status = 'ok' ORDER BY ended_at DESC LIMIT 1;

-- name: CloseRunningCalls :exec
UPDATE calls SET status = 'cancelled', ended_at = now(), progress = NULL WHERE discovery_id = $1 AND status = 'running';

-- name: InsertValue :copyfrom
INSERT INTO result_values (discovery_id, key, user_id, place, call_id, name, number, truth, unit, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: DeleteValues :exec
DELETE FROM result_values WHERE discovery_id = $1 AND call_id = $2;

-- name: ValuesOf :many
SELECT key, number, truth, body FROM result_values WHERE discovery_id = $1 ORDER BY call_id, place;

-- name: InsertStructure :exec
-- The cell alone: what its maker says of it is the record of the use.
INSERT INTO structures (id, formula, body)
VALUES (@id, @formula, sqlc.arg(body)::jsonb - '{origin,parent_id,label,created_by,space_group}'::text[]) ON CONFLICT (id) DO NOTHING;

-- name: InsertStructureUse :exec
-- A call that runs again may say another thing.
INSERT INTO structure_use (structure_id, user_id, discovery_id, call_id, place, record) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (discovery_id, call_id, structure_id) DO UPDATE SET place = excluded.place, record = excluded.record;

-- name: StructuresOf :many
SELECT u.call_id, s.id, s.formula, (s.body || u.record)::jsonb AS body FROM structure_use u JOIN structures s ON s.id = u.structure_id
WHERE u.discovery_id = $1 ORDER BY u.call_id, u.place;

-- name: RecordsOf :many
-- As the discovery has them; else as one of its session, as the user's own file, as
-- the user's first discovery that has it. All calls of that one are given.
SELECT t.structure_id, t.call_id, (t.record || jsonb_build_object('discovery_id', t.discovery_id, 'call_id', t.call_id))::jsonb AS record FROM (
    SELECT r.*, rank() OVER (PARTITION BY r.structure_id ORDER BY r.near, r.discovery_id) AS nth FROM (
        SELECT u.structure_id, u.discovery_id, u.call_id, u.record, CASE
            WHEN u.discovery_id = @discovery_id::text THEN 0
            WHEN d.session_id = (SELECT a.session_id FROM discoveries a WHERE a.id = @discovery_id AND a.user_id = @user_id) THEN 1
            ELSE 3 END AS near
        FROM structure_use u JOIN discoveries d ON d.id = u.discovery_id WHERE u.structure_id = ANY (@ids::text[]) AND u.user_id = @user_id
        UNION ALL SELECT p.structure_id, '', '', p.record, 2 FROM uploads p WHERE p.structure_id = ANY (@ids::text[]) AND p.user_id = @user_id) r) t
WHERE t.nth = 1;

-- name: IsRelaxed :one
SELECT EXISTS (SELECT 1 FROM structure_use u WHERE u.structure_id = @id AND u.user_id = @user_id
    AND (@discovery_id::text = '' OR u.discovery_id = @discovery_id) AND u.record->>'origin' IN ('relaxed', 'reference'));

-- name: GetStructure :one
SELECT s.formula, (s.body || @record::jsonb)::jsonb AS body FROM structures s WHERE s.id = @id;

-- name: OpenKeys :many
SELECT idempotency_key FROM calls c JOIN discoveries d ON d.id = c.discovery_id WHERE d.ended_at IS NULL;
