-- The orders of each shop and bucket, for --verify.
-- Grain: (event_time, shop_id). Unit: the shop's currency.
-- Reads orders, order_items, order_coupons. Read only.
SELECT date_trunc(%(grain)s, o.event_time, 'UTC') AS event_time, o.shop_id,
       count(*) AS order_count,
       sum(o.total_price) AS revenue,
       round(avg(o.total_price), 2) AS average_order_value,
       count(DISTINCT o.customer_id) AS unique_customers,
       sum(filled.items) AS item_count,
       sum(o.total_discount) AS promotion_discount,
       coalesce(sum(used.coupons), 0) AS promotion_usage_count,
       sum(CASE WHEN o.total_discount > 0 OR used.coupons IS NOT NULL
                THEN o.total_price ELSE 0 END) AS promotion_revenue
  FROM orders AS o
  JOIN (SELECT order_id, count(*) AS items FROM order_items GROUP BY order_id) AS filled
    ON filled.order_id = o.id
  LEFT JOIN (SELECT order_id, count(*) AS coupons FROM order_coupons GROUP BY order_id) AS used
         ON used.order_id = o.id
 WHERE o.event_time >= %(start)s AND o.event_time < %(end)s
   AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
   AND o.deleted_at IS NULL
 GROUP BY 1, 2
