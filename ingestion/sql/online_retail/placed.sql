-- Invoice -> order of this chunk, locked, in the temporary table `placed`.
-- Reads line, orders, outcome. Runs once a chunk.
CREATE TEMP TABLE placed ON COMMIT DROP AS
SELECT id, order_ref AS invoice, event_time, total_price, customer_id,
       EXISTS (SELECT FROM outcome
                WHERE outcome.entity_id = orders.id
                  AND outcome.entity_type = 'order') AS is_new
  FROM orders
 WHERE shop_id = %(shop_id)s
   AND order_ref IN (SELECT invoice FROM line WHERE becomes <> 'stock')
 ORDER BY event_time, order_ref
   FOR NO KEY UPDATE
