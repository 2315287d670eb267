-- The first price of sellers' variants, known from the first order on that they were in.
-- Grain: a variant of the chunk. Unit: BRL. Reads item, product_variants, price_history; writes
-- price_history, outcome. Repeatable: a variant has one first price.
WITH sold AS (
    SELECT variant_id, min(line) AS line, min(event_time) AS since
      FROM item
     GROUP BY variant_id
), noted AS (
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT variant.id, variant.product_id, NULL, variant.price, sold.since,
           %(user_id)s::uuid
      FROM sold
      JOIN product_variants AS variant ON variant.id = sold.variant_id
     WHERE NOT EXISTS (SELECT FROM price_history AS known
                        WHERE known.variant_id = variant.id)
     ORDER BY variant.id
    RETURNING id, variant_id
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT sold.line, 'price_change', noted.id, 'created'
  FROM noted
  JOIN sold USING (variant_id)
