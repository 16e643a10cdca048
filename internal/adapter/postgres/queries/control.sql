-- name: SessionDecisions :many
SELECT tool, decision FROM session_decisions WHERE session_id = $1 ORDER BY tool;

-- name: RememberDecision :exec
INSERT INTO session_decisions (session_id, user_id, tool, decision) VALUES ($1, $2, $3, $4)
ON CONFLICT (session_id, tool) DO UPDATE SET decision = excluded.decision, decided_at = now();

-- name: LastTurn :one
SELECT t.* FROM turns t WHERE t.discovery_id = $1 AND t.step LIKE 't%.llm'
ORDER BY substring(t.step FROM '^t([0-9]+)')::int DESC, t.gen DESC LIMIT 1;

-- name: TurnAt :one
SELECT * FROM turns WHERE discovery_id = $1 AND step = $2 ORDER BY gen DESC LIMIT 1;

-- name: HighestGen :one
SELECT coalesce(max(gen), 0)::int FROM steps WHERE discovery_id = $1;

-- name: ReopenDiscovery :one
UPDATE discoveries SET status = 'queued', reason = '', details = '', ended_at = NULL, deadline = NULL, budget = @budget,
    retries = retries + 1, retry_request = @request, reopened_at = now()
WHERE id = @id AND ended_at IS NOT NULL RETURNING *;

-- name: MakeFork :one
UPDATE discoveries SET parent_id = @parent_id::text, fork_turn = @fork_turn::int WHERE id = @id RETURNING *;

-- name: CopyTurns :exec
INSERT INTO turns (discovery_id, gen, step, user_id, head, finish_reason, calls, usage)
SELECT DISTINCT ON (t.step) @fork, 0, t.step, t.user_id, t.head, t.finish_reason, t.calls, t.usage FROM turns t
WHERE t.discovery_id = @parent AND t.step LIKE 't%.llm' AND substring(t.step FROM '^t([0-9]+)')::int <= @turn::int
ORDER BY t.step, t.gen DESC;

-- name: CopyCalls :exec
INSERT INTO calls (discovery_id, call_id, gen, user_id, idempotency_key, tool, server, tool_version, arguments, status, result, error, attempts, resumed_from_step, started_at, ended_at)
SELECT DISTINCT ON (c.call_id) @fork::text, c.call_id, 0, c.user_id, c.idempotency_key || '~' || @fork::text, c.tool, c.server, c.tool_version, c.arguments,
    c.status, c.result, c.error, c.attempts, c.resumed_from_step, c.started_at, c.ended_at FROM calls c
WHERE c.discovery_id = @parent AND c.status <> 'running' AND (substring(c.call_id FROM '^t([0-9]+)')::int <= @turn::int
    -- Calls of candidates belong to the turn that fanned out: they ended before its call did.
    OR c.call_id LIKE 'c%' AND c.ended_at <= (SELECT max(k.ended_at) FROM calls k
        WHERE k.discovery_id = @parent AND substring(k.call_id FROM '^t([0-9]+)')::int <= @turn::int))
ORDER BY c.call_id, c.gen DESC;

-- name: CopyValues :exec
INSERT INTO result_values (discovery_id, key, user_id, place, call_id, name, number, truth, unit, body)
SELECT @fork, v.key, v.user_id, v.place, v.call_id, v.name, v.number, v.truth, v.unit, v.body FROM result_values v
WHERE v.discovery_id = @parent AND v.call_id IN (SELECT k.call_id FROM calls k WHERE k.discovery_id = @fork);

-- name: CopyUses :exec
INSERT INTO structure_use (structure_id, user_id, discovery_id, call_id, place, record)
SELECT u.structure_id, u.user_id, @fork, u.call_id, u.place, u.record FROM structure_use u
WHERE u.discovery_id = @parent AND u.call_id IN (SELECT k.call_id FROM calls k WHERE k.discovery_id = @fork)
ON CONFLICT DO NOTHING;

-- name: ResetDiscovery :execrows
UPDATE discoveries SET status = 'running', reason = '', details = 'its run was reset', ended_at = NULL WHERE id = $1 AND ended_at IS NOT NULL;

-- name: NewestCall :one
SELECT * FROM calls WHERE discovery_id = $1 AND call_id = $2 AND status <> 'running' ORDER BY gen DESC LIMIT 1;

-- name: GetArtifact :one
SELECT body FROM artifacts WHERE path = $1;

-- name: PutArtifact :exec
INSERT INTO artifacts (path, body) VALUES ($1, $2) ON CONFLICT (path) DO UPDATE SET body = excluded.body, written_at = now();

