-- What each promotion brought in on each day, for --verify.
-- Grain: (date, source_type, source_id). Written apart from fact_conversions.sql one folder up:
--   each promotion's uses, order by order. Reads all order_coupons, orders, order_items. Read only.
SELECT (o.event_time AT TIME ZONE 'UTC')::date AS date,
       'promotion' AS source_type, used.promotion_id AS source_id,
       count(DISTINCT o.id) AS conversions,
       sum(o.total_price) AS revenue,
       sum(used.discount) AS discount
  FROM order_coupons AS used
  JOIN orders AS o ON o.id = used.order_id
 WHERE o.shop_id = (SELECT p.shop_id FROM promotions AS p WHERE p.id = used.promotion_id)
   AND o.event_time >= %(start)s AND o.event_time < %(end)s
   AND o.id IN (SELECT order_id FROM order_items)
   AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
   AND o.deleted_at IS NULL
 GROUP BY 1, 3
