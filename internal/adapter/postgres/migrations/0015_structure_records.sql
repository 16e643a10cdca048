-- Where a crystal comes from (origin, parent, label, tool, symmetry as it was made)
-- is what a call says of it: another discovery may come to the same cell another
-- way. The cell stays one for all, without a word of anybody's.
ALTER TABLE structure_use ADD COLUMN record jsonb NOT NULL DEFAULT '{}';
ALTER TABLE uploads ADD COLUMN record jsonb NOT NULL DEFAULT '{}';

-- Each call said it in its result; the newest that names the crystal counts, as it
-- does among values.
WITH told AS (
    SELECT DISTINCT ON (c.discovery_id, c.call_id, e.item->>'structure_id') c.discovery_id, c.call_id, e.item->>'structure_id' AS structure_id,
        jsonb_build_object('origin', e.item->'origin', 'parent_id', e.item->'parent_id', 'label', e.item->'label',
            'created_by', c.tool, 'space_group', e.item->'space_group') AS record
    FROM calls c, jsonb_array_elements(CASE jsonb_typeof(c.result->'structures') WHEN 'array' THEN c.result->'structures' ELSE '[]' END)
        WITH ORDINALITY AS e (item, n)
    WHERE c.status = 'ok'
    ORDER BY c.discovery_id, c.call_id, e.item->>'structure_id', c.gen DESC, e.n)
UPDATE structure_use u SET record = t.record FROM told t
WHERE t.discovery_id = u.discovery_id AND t.call_id = u.call_id AND t.structure_id = u.structure_id;

-- What no result tells any more: the one record there was.
UPDATE structure_use u SET record = jsonb_build_object('origin', s.body->'origin', 'parent_id', s.body->'parent_id', 'label', s.body->'label',
    'created_by', s.body->'created_by', 'space_group', s.body->'space_group')
FROM structures s WHERE s.id = u.structure_id AND u.record = '{}';

-- A user's file is its own origin, whoever else has its crystal.
UPDATE uploads p SET record = jsonb_build_object('origin', 'input', 'parent_id', NULL, 'label', NULL, 'created_by', 'parse_structure',
    'space_group', CASE WHEN s.body->>'created_by' = 'parse_structure' THEN s.body->'space_group' END)
FROM structures s WHERE s.id = p.structure_id;

UPDATE structures SET body = body - ARRAY['origin', 'parent_id', 'label', 'created_by', 'space_group'];
