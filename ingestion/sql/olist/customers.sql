-- People become customers.
-- Grain: a person, reported on the line that counts. Reads person. Repeatable: the hash is the key.
WITH saved AS (
    INSERT INTO customers (email_hash, region)
    SELECT hash, region FROM person ORDER BY hash
    ON CONFLICT (email_hash) DO UPDATE
       SET region = EXCLUDED.region, updated_at = now()
     WHERE customers.region <> EXCLUDED.region
    RETURNING id, email_hash, old.id IS NULL AS created,
              jsonb_build_object('region', old.region) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT person.line, 'customer', saved.id,
       CASE WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN NOT saved.created THEN saved.previous END
  FROM saved
  JOIN person ON person.hash = saved.email_hash
