-- Totals of the orders whose items came in this chunk.
-- Grain: an order. Unit: BRL. Reads item, order_items. Repeatable: sums from the items.
WITH summed AS (
    SELECT stored.order_id, sum(stored.subtotal) AS subtotal,
           sum(stored.shipping) AS shipping
      FROM order_items AS stored
     WHERE stored.order_id IN (SELECT order_id FROM item)
     GROUP BY stored.order_id
), changed AS (
    UPDATE orders
       SET subtotal_price = summed.subtotal, total_shipping = summed.shipping,
           total_price = summed.subtotal - orders.total_discount + summed.shipping
                         + orders.total_tax,
           updated_at = now()
      FROM summed
     WHERE orders.id = summed.order_id
       AND (orders.subtotal_price, orders.total_shipping)
           IS DISTINCT FROM (summed.subtotal, summed.shipping)
    RETURNING orders.id, jsonb_build_object(
              'subtotal_price', old.subtotal_price,
              'total_shipping', old.total_shipping,
              'total_price', old.total_price, 'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT first.line, 'order', changed.id, 'updated', changed.previous
  FROM changed
  JOIN (SELECT order_id, min(line) AS line FROM item GROUP BY order_id) AS first
    ON first.order_id = changed.id
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = changed.id AND outcome.action = 'created')
