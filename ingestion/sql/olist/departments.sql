-- Departments that products name and no translation has made yet, under their Portuguese name.
-- Grain: a category of the chunk, reported on its first line. Reads incoming.
-- Repeatable: an existing department is left as it is.
WITH named AS (
    SELECT DISTINCT ON (slug) line, slug, name
      FROM (SELECT line,
                   'olist-' || trim(BOTH '-' FROM regexp_replace(
                       lower(product_category_name), '[^a-z0-9]+', '-', 'g')) AS slug,
                   initcap(replace(product_category_name, '_', ' ')) AS name
              FROM incoming
             WHERE product_category_name IS NOT NULL) AS found
     ORDER BY slug, line
), made AS (
    INSERT INTO categories (name, slug)
    SELECT name, slug FROM named ORDER BY slug
    ON CONFLICT (slug) DO NOTHING
    RETURNING id, slug
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT named.line, 'category', made.id, 'created'
  FROM made
  JOIN named USING (slug);
