-- A variant's price follows its product's, and the change is recorded with it; that of a variant
-- made in this chunk is its first, which is recorded next.
-- Grain: a variant of the chunk. Unit: BRL. Reads latest, outcome; writes product_variants,
-- price_history, outcome. Repeatable.
WITH first AS (
    SELECT product_id, min(line) AS line FROM item GROUP BY product_id
), repriced AS (
    UPDATE product_variants SET price = latest.price, updated_at = now()
      FROM latest
     WHERE product_variants.id = latest.variant_id
       AND product_variants.price <> latest.price
    RETURNING product_variants.id, product_variants.product_id,
              old.price AS old_price, product_variants.price AS new_price
), noted AS (
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT id, product_id, old_price, new_price, now(), %(user_id)s
      FROM repriced
     WHERE EXISTS (SELECT FROM price_history AS known
                    WHERE known.variant_id = repriced.id)
     ORDER BY id
    RETURNING id, product_id
), reported AS (
    INSERT INTO outcome (line, entity_type, entity_id, action)
    SELECT first.line, 'price_change', noted.id, 'created'
      FROM noted
      JOIN first USING (product_id)
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT first.line, 'product_variant', repriced.id, 'updated',
       jsonb_build_object('price', repriced.old_price)
  FROM repriced
  JOIN first USING (product_id)
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = repriced.id
                      AND outcome.action = 'created')
