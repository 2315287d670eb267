-- English names of the departments.
-- Grain: a department, reported on its line. Reads department. Repeatable: the slug is the key.
WITH saved AS (
    INSERT INTO categories (name, slug)
    SELECT name, slug FROM department ORDER BY slug
    ON CONFLICT (slug) DO UPDATE
       SET name = EXCLUDED.name, updated_at = now()
     WHERE categories.name <> EXCLUDED.name
    RETURNING id, slug, old.id IS NULL AS created,
              jsonb_build_object('name', old.name) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT department.line, 'category', saved.id,
       CASE WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN NOT saved.created THEN saved.previous END
  FROM saved
  JOIN department USING (slug)
