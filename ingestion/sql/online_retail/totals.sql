-- Totals, and the earliest moment, of the orders that were there before this chunk.
-- Grain: one order. Unit: the shop's currency. Reads line, placed, order_items, outcome;
-- writes orders, outcome. Repeatable: sums from the items.
WITH summed AS (
    SELECT placed.id, placed.invoice, placed.total_price AS total_before,
           placed.event_time AS placed_before,
           coalesce((SELECT sum(item.subtotal) FROM order_items AS item
                      WHERE item.order_id = placed.id), 0) AS total,
           least(placed.event_time, first.invoiced_at) AS placed_at,
           first.line
      FROM placed
      JOIN (SELECT line.invoice, min(line.invoiced_at) AS invoiced_at,
                   coalesce(min(line.line) FILTER (
                       WHERE outcome.action <> 'unchanged'), min(line.line)) AS line
              FROM line
              LEFT JOIN outcome ON outcome.line = line.line
                               AND outcome.entity_type = 'order_item'
             GROUP BY line.invoice) AS first USING (invoice)
     WHERE NOT placed.is_new
), changed AS (
    UPDATE orders
       SET subtotal_price = summed.total,
           total_price = summed.total - orders.total_discount + orders.total_shipping
                         + orders.total_tax,
           event_time = summed.placed_at, updated_at = now()
      FROM summed
     WHERE orders.id = summed.id
       AND (orders.subtotal_price, orders.event_time)
           IS DISTINCT FROM (summed.total, summed.placed_at)
    RETURNING orders.id, summed.line, jsonb_build_object(
              'subtotal_price', old.subtotal_price, 'total_price', old.total_price,
              'event_time', old.event_time, 'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'order', id, 'updated', previous
  FROM changed
