-- What the publisher still has to send. Events from before it exist nowhere
-- else and are served from here, so they count as published.
UPDATE events SET published_at = now() WHERE published_at IS NULL;
CREATE INDEX events_unpublished ON events (session_id, ord) WHERE published_at IS NULL;
