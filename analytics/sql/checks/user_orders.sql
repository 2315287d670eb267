-- The orders, order values and coupons of each user and bucket, for --verify.
-- Grain: (event_time, user_id). Values of the row's own currency only.
-- Written apart from user_metrics.sql: joins and one GROUP BY, no unions and no ranking.
-- Reads orders, order_items, order_coupons, and the stored rows for their currency. Read only.
SELECT date_trunc(%(grain)s, o.event_time, 'UTC') AS event_time,
       coalesce(o.user_id, o.customer_id) AS user_id,
       count(*) AS order_count,
       coalesce(sum(o.total_price) FILTER (WHERE o.currency = stored.currency), 0) AS order_value,
       coalesce(sum(o.total_discount) FILTER (WHERE o.currency = stored.currency), 0)
           AS discount_value,
       coalesce(round(avg(o.total_price) FILTER (WHERE o.currency = stored.currency), 2), 0)
           AS average_order_value,
       coalesce(sum(used.coupons), 0) AS promotion_usage_count
  FROM orders AS o
  JOIN (SELECT DISTINCT order_id FROM order_items) AS filled ON filled.order_id = o.id
  LEFT JOIN (SELECT order_id, count(*) AS coupons FROM order_coupons GROUP BY order_id) AS used
         ON used.order_id = o.id
  LEFT JOIN {table} AS stored
         ON stored.user_id = coalesce(o.user_id, o.customer_id)
        AND stored.event_time = date_trunc(%(grain)s, o.event_time, 'UTC')
        AND stored.event_time >= %(start)s AND stored.event_time < %(end)s
 WHERE o.event_time >= %(start)s AND o.event_time < %(end)s
   AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
   AND o.deleted_at IS NULL
 GROUP BY 1, 2
