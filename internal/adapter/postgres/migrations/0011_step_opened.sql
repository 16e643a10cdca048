-- When a step was first opened: how long a call took whose outcome is recorded by
-- the run. Steps of former versions do not know.
ALTER TABLE steps ADD COLUMN opened_at timestamptz;
ALTER TABLE steps ALTER COLUMN opened_at SET DEFAULT now();
