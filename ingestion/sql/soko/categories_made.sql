-- Makes the categories of one depth that are missing. The address is the path's words, with a
-- few letters more where another category has it.
-- Grain: one path of that depth, reported on the first line that names it. Reads branch; writes
-- categories, outcome. Repeatable: one that is made meanwhile is left as it is.
WITH wanted AS (
    SELECT branch.path, branch.name, branch.line, parent.category_id AS parent_id,
           coalesce(nullif(left(trim(BOTH '-' FROM
               regexp_replace(branch.path, '[^a-z0-9]+', '-', 'g')), 200), ''),
               'category') AS slug
      FROM branch
      LEFT JOIN branch AS parent ON parent.path = branch.above
     WHERE branch.depth = %(depth)s
       AND branch.category_id IS NULL
), addressed AS (
    SELECT path, name, line, parent_id,
           CASE WHEN count(*) OVER (PARTITION BY slug) > 1
                  OR EXISTS (SELECT FROM categories WHERE categories.slug = wanted.slug)
                THEN slug || '-' || left(md5(path), 8) ELSE slug END AS slug
      FROM wanted
), made AS (
    INSERT INTO categories (name, slug, parent_id)
    SELECT name, slug, parent_id FROM addressed ORDER BY slug
        ON CONFLICT (slug) DO NOTHING
    RETURNING id, slug
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT addressed.line, 'category', made.id, 'created'
  FROM made
  JOIN addressed USING (slug)
