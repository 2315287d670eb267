-- A brand for each name that is not known in any spelling of capitals.
-- Grain: one brand, reported on the first line that names it. Reads listed, brands; writes
-- brands, outcome. Repeatable.
WITH named AS (
    SELECT (array_agg(brand ORDER BY line))[1] AS name, min(line) AS line,
           coalesce(nullif(left(trim(BOTH '-' FROM
               regexp_replace(lower(brand), '[^a-z0-9]+', '-', 'g')), 200), ''),
               'brand') AS slug
      FROM listed
     WHERE brand IS NOT NULL
       AND NOT EXISTS (SELECT FROM brands WHERE lower(brands.name) = lower(brand))
     GROUP BY lower(brand)
), addressed AS (
    SELECT name, line,
           CASE WHEN count(*) OVER (PARTITION BY slug) > 1
                  OR EXISTS (SELECT FROM brands WHERE brands.slug = named.slug)
                THEN slug || '-' || left(md5(lower(name)), 8) ELSE slug END AS slug
      FROM named
), made AS (
    INSERT INTO brands (name, slug)
    SELECT name, slug FROM addressed ORDER BY slug
        ON CONFLICT DO NOTHING
    RETURNING id, slug
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT addressed.line, 'brand', made.id, 'created'
  FROM made
  JOIN addressed USING (slug)
