-- The departments of the chunk, by the slug of their Portuguese name; the last line counts.
-- Grain: a department. Reads incoming. Makes the temporary table department.
CREATE TEMP TABLE department ON COMMIT DROP AS
SELECT DISTINCT ON (slug) line, slug, name
  FROM (SELECT line,
               'olist-' || trim(BOTH '-' FROM regexp_replace(
                   lower(product_category_name), '[^a-z0-9]+', '-', 'g')) AS slug,
               initcap(replace(product_category_name_english, '_', ' ')) AS name
          FROM incoming) AS named
 ORDER BY slug, line DESC
