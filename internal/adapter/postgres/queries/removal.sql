-- name: OpenOfSession :many
SELECT id FROM discoveries WHERE session_id = $1 AND ended_at IS NULL ORDER BY id;

-- name: DiscoveriesOfSession :many
SELECT id FROM discoveries WHERE session_id = $1 ORDER BY id;

-- name: KeepSharedMessages :exec
-- A fork goes on from messages of its parent. Those that another discovery
-- stands on become its own, with everything before them.
WITH RECURSIVE shared AS (
    SELECT m.id, m.parent_id, t.discovery_id AS owner FROM messages m JOIN turns t ON t.head = m.id
    WHERE m.discovery_id = ANY (@ids::text[]) AND t.discovery_id <> ALL (@ids::text[])
    UNION
    SELECT m.id, m.parent_id, c.discovery_id FROM messages m JOIN messages c ON c.parent_id = m.id
    WHERE m.discovery_id = ANY (@ids::text[]) AND c.discovery_id <> ALL (@ids::text[])
    UNION
    SELECT m.id, m.parent_id, s.owner FROM messages m JOIN shared s ON s.parent_id = m.id WHERE m.discovery_id = ANY (@ids::text[])
)
UPDATE messages SET discovery_id = k.owner FROM (SELECT id, min(owner) AS owner FROM shared GROUP BY id) k WHERE messages.id = k.id;

-- name: StructuresUsedBy :many
SELECT DISTINCT structure_id FROM structure_use WHERE discovery_id = ANY (@ids::text[]);

-- name: DeleteDiscovery :exec
DELETE FROM discoveries WHERE id = $1;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE id = $1;

-- name: BlankEvents :exec
-- The places stay, so that the log has no hole; what was said goes.
UPDATE events SET type = 'discovery_deleted', discovery_id = '', body = jsonb_build_object(
    'id', id, 'timestamp', body->'timestamp', 'type', 'discovery_deleted', 'agent_name', body->'agent_name', 'mode', body->'mode',
    'data', jsonb_build_object('discovery_id', @discovery_id::text), 'metadata', jsonb_build_object('session_id', session_id))
WHERE session_id = @session_id AND discovery_id = @discovery_id::text;

-- name: DeleteUnusedStructures :many
DELETE FROM structures s WHERE s.id = ANY (@ids::text[])
    AND NOT EXISTS (SELECT 1 FROM structure_use u WHERE u.structure_id = s.id) AND NOT EXISTS (SELECT 1 FROM uploads p WHERE p.structure_id = s.id)
RETURNING s.id;

-- name: KnownStructures :many
SELECT id FROM structures WHERE id = ANY (@ids::text[]);

-- name: DeleteMemoriesOf :exec
DELETE FROM memories WHERE discovery_id = @discovery_id::text AND user_id = @user_id;

-- name: DeleteCheckpointsOf :exec
DELETE FROM artifacts a USING calls c
WHERE c.discovery_id = ANY (@ids::text[]) AND starts_with(a.path, 'checkpoints/' || c.idempotency_key || '/');

-- name: DropCheckpoints :one
-- Those that nobody goes on from: the call has its result, or nothing open can
-- ask for them and they are old.
WITH gone AS (
    DELETE FROM artifacts a WHERE a.path LIKE 'checkpoints/%' AND (
        split_part(a.path, '/', 2) IN (SELECT c.idempotency_key FROM calls c WHERE c.status IN ('ok', 'tool_error'))
        OR a.written_at < @before AND split_part(a.path, '/', 2) NOT IN (
            SELECT c.idempotency_key FROM calls c JOIN discoveries d ON d.id = c.discovery_id WHERE d.ended_at IS NULL))
    RETURNING octet_length(a.body) AS size)
SELECT coalesce(sum(size), 0)::bigint FROM gone;

-- name: OldCheckpoints :one
SELECT coalesce(sum(octet_length(a.body)), 0)::bigint FROM artifacts a WHERE a.path LIKE 'checkpoints/%' AND (
    split_part(a.path, '/', 2) IN (SELECT c.idempotency_key FROM calls c WHERE c.status IN ('ok', 'tool_error'))
    OR a.written_at < @before AND split_part(a.path, '/', 2) NOT IN (
        SELECT c.idempotency_key FROM calls c JOIN discoveries d ON d.id = c.discovery_id WHERE d.ended_at IS NULL));

-- name: DeleteStructureFiles :exec
DELETE FROM artifacts WHERE path = ANY (SELECT 'structures/' || unnest(@ids::text[]) || '.json');
