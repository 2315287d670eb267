-- What each promotion brought in: the orders that used it, what they cost, what it took off.
-- Grain: (UTC day, source_type, source_id); the source is a promotion. Unit: money in the
--   currency of its shop. An order with two promotions is a conversion of each, with all it
--   cost; only orders of the promotion's own shop are.
-- Reads orders, order_items, order_coupons of [start, end); promotions.
-- Repeatable: the caller deletes the range first, in the same transaction.
SELECT (placed.event_time AT TIME ZONE 'UTC')::date AS date,
       'promotion' AS source_type, promotion.id AS source_id,
       min(placed.currency) AS currency,
       count(*) AS conversions,
       sum(placed.total_price) AS revenue,
       sum(used.discount) AS discount
  FROM orders AS placed
  JOIN order_coupons AS used ON used.order_id = placed.id
  JOIN promotions AS promotion ON promotion.id = used.promotion_id
                              AND promotion.shop_id = placed.shop_id
 WHERE placed.event_time >= %(start)s
   AND placed.event_time <  %(end)s
   AND placed.status <> 'cancelled'
   AND placed.deleted_at IS NULL
   AND EXISTS (SELECT FROM order_items AS item WHERE item.order_id = placed.id)
 GROUP BY 1, promotion.id
