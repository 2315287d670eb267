-- Sales by product, category and way of paying, for --verify.
-- Grain: (date, product_id, category, payment_method). Reads order_items and orders. Read only.
SELECT (o.event_time AT TIME ZONE 'UTC')::date AS date, i.product_id, i.category,
       o.payment_method,
       sum(i.quantity * i.price) - sum(i.total_discount) AS total_revenue,
       sum(i.quantity) AS total_units,
       count(DISTINCT i.order_id) AS order_count,
       count(DISTINCT o.customer_id) AS unique_customers
  FROM order_items AS i
  JOIN orders AS o ON o.id = i.order_id
 WHERE o.event_time >= %(start)s AND o.event_time < %(end)s
   AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
   AND o.deleted_at IS NULL
 GROUP BY 1, 2, 3, 4
