-- A denser graph for the vectors of memories. What an assistant remembers is many
-- sentences of few kinds, close together; with the default density a search
-- stays among its first neighbours and misses some that are nearer.
DROP INDEX memories_minilm;
DROP INDEX memories_ada_002;
CREATE INDEX memories_minilm ON memories USING hnsw ((embedding::vector(384)) vector_cosine_ops) WITH (m = 24, ef_construction = 200) WHERE embedding_model = 'all-MiniLM-L6-v2';
CREATE INDEX memories_ada_002 ON memories USING hnsw ((embedding::vector(1536)) vector_cosine_ops) WITH (m = 24, ef_construction = 200) WHERE embedding_model = 'text-embedding-ada-002';
