-- name: GetEndpoint :one
SELECT base_url, model, sealed_key FROM llm_endpoints WHERE user_id = $1;

-- name: SaveEndpoint :exec
INSERT INTO llm_endpoints (user_id, base_url, model, sealed_key) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE SET base_url = excluded.base_url, model = excluded.model, sealed_key = excluded.sealed_key, updated_at = now();

-- name: DeleteEndpoint :exec
DELETE FROM llm_endpoints WHERE user_id = $1;
