-- Structures that users brought themselves; they belong to no discovery.
CREATE TABLE uploads (
    user_id      text NOT NULL REFERENCES users (id),
    structure_id text NOT NULL REFERENCES structures (id),
    name         text NOT NULL,
    format       text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, structure_id)
);
CREATE INDEX uploads_by_structure ON uploads (structure_id);
CREATE INDEX structure_use_by_structure ON structure_use (structure_id);
