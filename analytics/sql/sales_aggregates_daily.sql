-- Sales per product, category at the time of order, and way of paying.
-- Grain: (UTC day, product_id, category, payment_method). Unit: money in the order's currency,
--   which is the shop's; a product has one shop.
-- Reads orders and order_items of [start, end).
-- Repeatable: the caller deletes the range first, in the same transaction.
SELECT (placed.event_time AT TIME ZONE 'UTC')::date AS date,
       item.product_id, item.category, placed.payment_method,
       min(placed.currency) AS currency,
       sum(item.subtotal - item.total_discount) AS total_revenue,
       sum(item.quantity) AS total_units,
       count(DISTINCT placed.id) AS order_count,
       count(DISTINCT placed.customer_id) AS unique_customers
  FROM orders AS placed
  JOIN order_items AS item ON item.order_id = placed.id
 WHERE placed.event_time >= %(start)s
   AND placed.event_time <  %(end)s
   AND placed.status <> 'cancelled'
   AND placed.deleted_at IS NULL
 GROUP BY 1, item.product_id, item.category, placed.payment_method
