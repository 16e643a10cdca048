-- Memories. One column holds the vectors of every model; each model has its own
-- partial index over a cast, so that two models never meet in one search. Other
-- models get their index when they are first used.
CREATE TABLE memories (
    id              text PRIMARY KEY,
    user_id         text NOT NULL REFERENCES users (id),
    session_id      text NOT NULL REFERENCES sessions (id),
    discovery_id    text NOT NULL DEFAULT '',
    source          text NOT NULL, -- what it was made from; the same source makes one memory
    type            text NOT NULL CHECK (type IN ('working', 'short_term', 'long_term')),
    content         text NOT NULL,
    context         jsonb NOT NULL DEFAULT '{}',
    metadata        jsonb NOT NULL DEFAULT '{}',
    formulas        text[] NOT NULL DEFAULT '{}',
    elements        text[] NOT NULL DEFAULT '{}',
    embedding       vector,
    embedding_model text NOT NULL DEFAULT '', -- '' until there is a vector
    pinned          boolean NOT NULL DEFAULT false,
    uses            int NOT NULL DEFAULT 0,
    -- As of accessed_at; it decays from there and use refreshes it.
    relevance_score double precision NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    accessed_at     timestamptz NOT NULL DEFAULT now(),
    search          tsvector NOT NULL,
    UNIQUE (user_id, source)
);
-- Vectors stay in the row: a search reads them, and little else.
ALTER TABLE memories ALTER COLUMN embedding SET STORAGE MAIN;
CREATE INDEX memories_by_user ON memories (user_id, id DESC);
CREATE INDEX memories_by_session ON memories (session_id, id DESC);
CREATE INDEX memories_by_discovery ON memories (discovery_id) WHERE discovery_id <> '';
CREATE INDEX memories_by_model ON memories (embedding_model);
CREATE INDEX memories_by_word ON memories USING gin (search) WITH (fastupdate = off);
CREATE INDEX memories_minilm ON memories USING hnsw ((embedding::vector(384)) vector_cosine_ops) WHERE embedding_model = 'all-MiniLM-L6-v2';
CREATE INDEX memories_ada_002 ON memories USING hnsw ((embedding::vector(1536)) vector_cosine_ops) WHERE embedding_model = 'text-embedding-ada-002';

-- What was forgotten, without its content: a memory that was forgotten is not
-- made again from the same source.
CREATE TABLE forgotten_memories (
    id           text PRIMARY KEY,
    user_id      text NOT NULL REFERENCES users (id),
    source       text NOT NULL,
    reason       text NOT NULL,
    merged_into  text NOT NULL DEFAULT '',
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX forgotten_by_source ON forgotten_memories (user_id, source);

-- The same computation asked again by the same user, in whatever discovery: tool,
-- version, arguments, and all that decides what the tool would answer.
ALTER TABLE calls ADD COLUMN computation text NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN reused_from text NOT NULL DEFAULT ''; -- <discovery>/<call_id>
CREATE INDEX calls_by_computation ON calls (user_id, computation) WHERE status = 'ok' AND computation <> '';
