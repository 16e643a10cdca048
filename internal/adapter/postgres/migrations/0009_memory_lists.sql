-- Vectors of memories in lists by nearness instead of a graph (docs/adr/0083):
-- what an assistant remembers is groups of like sentences, and a graph's search
-- that starts in one group may never reach another. Lists need vectors to be
-- made from, so there is no index until there are many; see memory_lists.go.
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'memories' AND position('USING hnsw' IN indexdef) > 0
    LOOP
        EXECUTE format('DROP INDEX %I', name);
    END LOOP;
END $$;

-- How many vectors a model's lists were made from.
CREATE TABLE memory_lists (
    model      text PRIMARY KEY,
    index_name text NOT NULL,
    vectors    bigint NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now()
);

-- Near duplicates are looked for among memories of the same formulas, potentials
-- and outcome, once for each memory and vector of it.
ALTER TABLE memories ADD COLUMN kin text GENERATED ALWAYS AS (md5(coalesce(context->>'formulas', '') || '|' || coalesce(context->>'potentials', '') || '|' || coalesce(context->>'outcome', ''))) STORED;
CREATE INDEX memories_by_kin ON memories (user_id, kin);
CREATE TABLE memory_compared (
    memory_id text PRIMARY KEY REFERENCES memories (id) ON DELETE CASCADE,
    user_id   text NOT NULL REFERENCES users (id)
);
