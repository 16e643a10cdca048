-- Everything has an owner: user_id in every table that holds somebody's work.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE users (
    id         text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO users (id) VALUES ('local');

CREATE TABLE sessions (
    id         text PRIMARY KEY,
    user_id    text NOT NULL REFERENCES users (id),
    alias      text,
    title      text NOT NULL,
    -- The number of the newest durable event; events are numbered without gaps.
    last_ord   bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    UNIQUE (user_id, alias)
);
CREATE INDEX sessions_by_user ON sessions (user_id, id DESC);

CREATE TABLE discoveries (
    id         text PRIMARY KEY,
    session_id text NOT NULL REFERENCES sessions (id),
    user_id    text NOT NULL REFERENCES users (id),
    parent_id  text,
    request_id text NOT NULL,
    query      text NOT NULL,
    mode       text NOT NULL,
    status     text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    details    text NOT NULL DEFAULT '',
    budget     jsonb NOT NULL,
    usage      jsonb NOT NULL DEFAULT '{}',
    agent      jsonb NOT NULL DEFAULT '{}',
    report_id  text NOT NULL DEFAULT '',
    report     jsonb,
    summary    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at   timestamptz,
    UNIQUE (user_id, request_id)
);
CREATE INDEX discoveries_by_session ON discoveries (session_id, id);
CREATE INDEX discoveries_by_user ON discoveries (user_id, id DESC);
CREATE INDEX discoveries_open ON discoveries (id) WHERE ended_at IS NULL;

-- The current attempt of every step: writes of an older one are refused.
CREATE TABLE steps (
    discovery_id text NOT NULL REFERENCES discoveries (id),
    gen          int NOT NULL,
    step         text NOT NULL,
    user_id      text NOT NULL REFERENCES users (id),
    attempt      int NOT NULL,
    PRIMARY KEY (discovery_id, gen, step)
);

-- The transcript: append-only, content-addressed.
CREATE TABLE messages (
    id           text PRIMARY KEY,
    parent_id    text,
    discovery_id text NOT NULL REFERENCES discoveries (id),
    user_id      text NOT NULL REFERENCES users (id),
    step         text NOT NULL,
    body         jsonb NOT NULL,
    usage        jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_by_discovery ON messages (discovery_id);

CREATE TABLE turns (
    discovery_id  text NOT NULL REFERENCES discoveries (id),
    gen           int NOT NULL,
    step          text NOT NULL,
    user_id       text NOT NULL REFERENCES users (id),
    head          text NOT NULL REFERENCES messages (id),
    finish_reason text NOT NULL,
    calls         jsonb NOT NULL,
    usage         jsonb NOT NULL,
    PRIMARY KEY (discovery_id, gen, step)
);

CREATE TABLE calls (
    discovery_id      text NOT NULL REFERENCES discoveries (id),
    call_id           text NOT NULL,
    gen               int NOT NULL,
    user_id           text NOT NULL REFERENCES users (id),
    idempotency_key   text NOT NULL,
    tool              text NOT NULL,
    server            text NOT NULL,
    tool_version      text NOT NULL,
    arguments         jsonb NOT NULL,
    status            text NOT NULL, -- running until it is one of ok, tool_error, failed, cancelled
    result            jsonb,
    error             jsonb,
    attempts          int NOT NULL,
    resumed_from_step int,
    progress          jsonb,
    started_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    PRIMARY KEY (discovery_id, call_id, gen)
);
-- What was computed once is found by its key and never computed again.
CREATE UNIQUE INDEX calls_by_key ON calls (idempotency_key) WHERE status IN ('ok', 'tool_error');

CREATE TABLE result_values (
    discovery_id text NOT NULL REFERENCES discoveries (id),
    key          text NOT NULL,
    user_id      text NOT NULL REFERENCES users (id),
    place        bigint NOT NULL, -- order within the call's result
    call_id      text NOT NULL,
    name         text NOT NULL,
    number       double precision,
    truth        boolean,
    unit         text NOT NULL,
    body         jsonb NOT NULL,
    PRIMARY KEY (discovery_id, key),
    CHECK ((number IS NULL) <> (truth IS NULL))
);

-- A structure is addressed by its content, so it has no owner; who made it and
-- who may see it is structure_use.
CREATE TABLE structures (
    id         text PRIMARY KEY,
    formula    text NOT NULL,
    body       jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE structure_use (
    structure_id text NOT NULL REFERENCES structures (id),
    user_id      text NOT NULL REFERENCES users (id),
    discovery_id text NOT NULL REFERENCES discoveries (id),
    call_id      text NOT NULL,
    place        int NOT NULL,
    PRIMARY KEY (discovery_id, call_id, structure_id)
);
CREATE INDEX structure_use_by_user ON structure_use (user_id, structure_id);

CREATE TABLE events (
    session_id   text NOT NULL REFERENCES sessions (id),
    ord          bigint NOT NULL,
    id           text NOT NULL UNIQUE,
    user_id      text NOT NULL REFERENCES users (id),
    discovery_id text NOT NULL DEFAULT '',
    type         text NOT NULL,
    body         jsonb NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (session_id, ord)
);
CREATE INDEX events_by_discovery ON events (discovery_id, ord) WHERE discovery_id <> '';

-- The MCP servers of each worker, for status pages.
CREATE TABLE mcp_servers (
    worker     text NOT NULL,
    server     text NOT NULL,
    state      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (worker, server)
);
