-- A customer's first and last order.
-- Grain: a customer of the chunk. Reads purchase. Repeatable: the span only grows.
WITH bought AS (
    SELECT buyer_id, min(placed_at) AS first, max(placed_at) AS last, min(line) AS line
      FROM purchase GROUP BY buyer_id
), changed AS (
    UPDATE customers
       SET first_order_at = least(customers.first_order_at, bought.first),
           last_order_at = greatest(customers.last_order_at, bought.last),
           updated_at = now()
      FROM bought
     WHERE customers.id = bought.buyer_id
       AND (customers.first_order_at IS NULL OR bought.first < customers.first_order_at
            OR customers.last_order_at IS NULL
            OR bought.last > customers.last_order_at)
    RETURNING customers.id, bought.line, jsonb_build_object(
              'first_order_at', old.first_order_at, 'last_order_at', old.last_order_at,
              'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'customer', id, 'updated', previous
  FROM changed
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = changed.id AND outcome.action = 'created')
