-- The words that a user or a model put into a memory, now or before it was
-- corrected or merged with another: what is taken out of everything else when it
-- is forgotten. Empty where a memory only sums up what is kept elsewhere.
ALTER TABLE memories ADD COLUMN spoken text[] NOT NULL DEFAULT '{}';
UPDATE memories SET spoken = ARRAY[content] WHERE source LIKE 'user/%' OR source LIKE '%/save/%';
