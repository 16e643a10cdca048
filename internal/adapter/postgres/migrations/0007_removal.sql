-- A discovery or a session goes with everything that belongs to it. Every
-- reference to them says so; a test keeps that true for new tables.
DO $$
DECLARE r record;
BEGIN
    FOR r IN SELECT c.conname, c.conrelid::regclass AS owner, pg_get_constraintdef(c.oid) AS def FROM pg_constraint c
             WHERE c.contype = 'f' AND c.confrelid IN ('discoveries'::regclass, 'sessions'::regclass) AND c.confdeltype = 'a'
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s ON DELETE CASCADE', r.owner, r.conname, r.conname, r.def);
    END LOOP;
END $$;

-- Turns and the messages they point at go in one statement, in any order.
ALTER TABLE turns DROP CONSTRAINT turns_head_fkey, ADD CONSTRAINT turns_head_fkey FOREIGN KEY (head) REFERENCES messages (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX turns_by_head ON turns (head);
CREATE INDEX messages_by_parent ON messages (parent_id);
