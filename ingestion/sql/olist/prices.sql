-- A product's price is that of its latest order.
-- Grain: a product of the chunk. Unit: BRL. Reads latest. Repeatable.
WITH repriced AS (
    UPDATE products SET price = latest.price, updated_at = now()
      FROM latest
     WHERE products.id = latest.product_id AND products.price <> latest.price
    RETURNING products.id, jsonb_build_object('price', old.price) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT first.line, 'product', repriced.id, 'updated', repriced.previous
  FROM repriced
  JOIN (SELECT product_id, min(line) AS line FROM item GROUP BY product_id) AS first
    ON first.product_id = repriced.id
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = repriced.id
                      AND outcome.action = 'created')
