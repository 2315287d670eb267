-- Lines whose department is as it should be.
-- Grain: a line. Reads incoming, categories.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'category', categories.id, 'unchanged'
  FROM incoming
  JOIN categories
    ON categories.slug = 'olist-' || trim(BOTH '-' FROM regexp_replace(
           lower(incoming.product_category_name), '[^a-z0-9]+', '-', 'g'))
 WHERE incoming.line NOT IN (SELECT line FROM outcome)
