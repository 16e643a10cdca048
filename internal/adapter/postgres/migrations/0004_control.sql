-- A step's attempts count on over everything that was scheduled for it: base is
-- where the count of the engine begins, scheduled says for which of them.
ALTER TABLE steps ADD COLUMN scheduled bigint NOT NULL DEFAULT 0, ADD COLUMN base int NOT NULL DEFAULT 0;

ALTER TABLE discoveries
    ADD COLUMN fork_turn     int,
    ADD COLUMN deadline      timestamptz,
    ADD COLUMN retries       int NOT NULL DEFAULT 0,
    ADD COLUMN retry_request text NOT NULL DEFAULT '',
    ADD COLUMN reopened_at   timestamptz;

-- What a user decided for the rest of a session.
CREATE TABLE session_decisions (
    session_id text NOT NULL REFERENCES sessions (id),
    user_id    text NOT NULL REFERENCES users (id),
    tool       text NOT NULL,
    decision   text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, tool)
);
