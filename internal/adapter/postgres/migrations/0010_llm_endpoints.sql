-- The language model that a user named in the page. The key is sealed
-- (internal/seal), bound to the user: it is unreadable in the database and in
-- its backups, and worth nothing in another user's row.
CREATE TABLE llm_endpoints (
    user_id    text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    base_url   text NOT NULL,
    model      text NOT NULL,
    sealed_key bytea NOT NULL, -- empty when the endpoint needs none
    updated_at timestamptz NOT NULL DEFAULT now()
);
