-- New and returning customers of each shop and bucket, and the products sold, for --verify.
-- Grain: (event_time, shop_id).
-- Written apart from shop_metrics.sql: by each customer's first order of all time.
-- Reads all orders and order_items. Read only.
WITH counted AS (
    SELECT o.id, o.shop_id, o.customer_id, o.event_time,
           min(o.event_time) OVER (PARTITION BY o.shop_id, o.customer_id) AS first_at
      FROM orders AS o
     WHERE o.id IN (SELECT order_id FROM order_items)
       AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
       AND o.deleted_at IS NULL
)
SELECT date_trunc(%(grain)s, counted.event_time, 'UTC') AS event_time, counted.shop_id,
       count(DISTINCT counted.customer_id) FILTER (
           WHERE date_trunc(%(grain)s, first_at, 'UTC')
                 = date_trunc(%(grain)s, counted.event_time, 'UTC')) AS new_customers,
       count(DISTINCT counted.customer_id) FILTER (
           WHERE date_trunc(%(grain)s, first_at, 'UTC')
                 < date_trunc(%(grain)s, counted.event_time, 'UTC')) AS returning_customers,
       count(DISTINCT item.product_id) AS product_count_sold,
       array_agg(DISTINCT counted.customer_id) AS customer_sketch
  FROM counted
  JOIN order_items AS item ON item.order_id = counted.id
 WHERE counted.event_time >= %(start)s AND counted.event_time < %(end)s
 GROUP BY 1, 2
