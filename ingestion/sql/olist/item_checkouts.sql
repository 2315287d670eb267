-- Totals of the checkouts whose items came in this chunk.
-- Grain: a checkout. Unit: BRL. Reads sale, orders. Repeatable: sums from the orders.
WITH summed AS (
    SELECT checkout_id, sum(total_price) AS total
      FROM orders
     WHERE checkout_id IN (SELECT checkout_id FROM sale)
     GROUP BY checkout_id
), changed AS (
    UPDATE checkouts SET total_price = summed.total
      FROM summed
     WHERE checkouts.id = summed.checkout_id
       AND checkouts.total_price <> summed.total
    RETURNING checkouts.id, jsonb_build_object('total_price', old.total_price) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT first.line, 'checkout', changed.id, 'updated', changed.previous
  FROM changed
  JOIN (SELECT checkout_id, min(line) AS line FROM sale GROUP BY checkout_id) AS first
    ON first.checkout_id = changed.id
