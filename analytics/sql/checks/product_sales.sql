-- What of each product was sold in each bucket, for --verify.
-- Grain: (event_time, product_id). Unit: the product's currency.
-- Reads order_items and orders. Read only.
SELECT date_trunc(%(grain)s, o.event_time, 'UTC') AS event_time, i.product_id,
       sum(i.quantity) AS units_sold,
       count(DISTINCT i.order_id) AS order_count,
       sum(i.quantity * i.price) - sum(i.total_discount) AS revenue,
       count(DISTINCT o.customer_id) AS unique_customers,
       sum(CASE WHEN i.total_discount > 0 THEN i.quantity ELSE 0 END) AS promotion_units,
       sum(i.total_discount) AS promotion_discount,
       sum(CASE WHEN i.total_discount > 0
                THEN i.quantity * i.price - i.total_discount ELSE 0 END) AS promotion_revenue
  FROM order_items AS i
  JOIN orders AS o ON o.id = i.order_id
 WHERE o.event_time >= %(start)s AND o.event_time < %(end)s
   AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
   AND o.deleted_at IS NULL
 GROUP BY 1, 2
