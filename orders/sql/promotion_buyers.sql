-- What some promotions ask about one buyer.
-- Grain: promotion. Parameters: promotion_ids; email_hash and user_id, null when not known.
-- Cancelled orders count as never placed.
-- Reads promotions, customers, orders, order_coupons, shop_followers.
-- Repeatable: writes nothing.
WITH buyer AS (
    SELECT id FROM customers WHERE email_hash = %(email_hash)s
)
SELECT promotion.id,
       EXISTS (
           SELECT FROM orders AS placed
            WHERE placed.customer_id = (SELECT id FROM buyer)
              AND placed.shop_id = promotion.shop_id
              AND placed.status <> 'cancelled'
       ) AS has_ordered,
       EXISTS (
           SELECT FROM shop_followers AS follower
            WHERE follower.user_id = %(user_id)s
              AND follower.shop_id = promotion.shop_id
       ) AS is_follower,
       (SELECT count(*)
          FROM order_coupons AS used
          JOIN orders AS placed ON placed.id = used.order_id
         WHERE used.customer_id = (SELECT id FROM buyer)
           AND used.promotion_id = promotion.id
           AND placed.status <> 'cancelled') AS uses
  FROM promotions AS promotion
 WHERE promotion.id = ANY(%(promotion_ids)s::uuid[])
