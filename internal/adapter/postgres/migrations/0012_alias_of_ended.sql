-- A session that ends lets go of its name, which the next use then opens anew;
-- those that ended before kept it, and whoever used it could never ask again.
UPDATE sessions SET alias = NULL WHERE ended_at IS NOT NULL;
