-- A pause of the user; a status that asks for attention may hide it.
ALTER TABLE discoveries ADD COLUMN paused boolean NOT NULL DEFAULT false;

-- Artifacts and checkpoints of workers that share no folder.
CREATE TABLE artifacts (
    path       text PRIMARY KEY,
    body       bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
