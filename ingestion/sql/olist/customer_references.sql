-- A reference from each customer_id to its customer.
-- Grain: a customer_id. Reads known. Repeatable: the reference is the key.
WITH saved AS (
    INSERT INTO external_references (source, kind, ref, entity_id)
    SELECT %(source)s, 'customer', ref, customer_id FROM known ORDER BY ref
    ON CONFLICT (source, kind, ref) DO UPDATE SET entity_id = EXCLUDED.entity_id
     WHERE external_references.entity_id <> EXCLUDED.entity_id
    RETURNING id, ref, old.id IS NULL AS created,
              jsonb_build_object('entity_id', old.entity_id) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT known.line, 'external_reference', saved.id,
       CASE WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN NOT saved.created THEN saved.previous END
  FROM saved
  JOIN known USING (ref)
