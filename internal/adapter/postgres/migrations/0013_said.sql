-- What is said to a run and what it asks, in words. The engine's history keeps a
-- mark in their place, so that they can be forgotten.
CREATE TABLE said (
    discovery_id text NOT NULL REFERENCES discoveries (id) ON DELETE CASCADE,
    id           text NOT NULL,
    words        text NOT NULL,
    PRIMARY KEY (discovery_id, id)
);
