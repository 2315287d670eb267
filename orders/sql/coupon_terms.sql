-- The coupons of some shops that carry one of some codes, and their promotions' terms.
-- Grain: coupon. Arrays: shop_ids; codes, in capitals. In the order of the codes.
-- Reads coupons and promotions.
-- Repeatable: writes nothing.
SELECT coupon.id, coupon.promotion_id, coupon.shop_id, coupon.code,
       coupon.usage_limit, coupon.usage_limit_per_user,
       promotion.usage_limit AS promotion_usage_limit,
       promotion.kind, promotion.value, promotion.conditions,
       promotion.is_active
           AND promotion.starts_at <= %(now)s
           AND coalesce(promotion.ends_at > %(now)s, true) AS is_valid,
       coalesce(coupon.usage_count >= coupon.usage_limit, false)
           OR coalesce(promotion.usage_count >= promotion.usage_limit, false) AS is_used_up
  FROM coupons AS coupon
  JOIN promotions AS promotion ON promotion.id = coupon.promotion_id
 WHERE coupon.shop_id = ANY(%(shop_ids)s::uuid[])
   AND upper(coupon.code) = ANY(%(codes)s::text[])
 ORDER BY array_position(%(codes)s::text[], upper(coupon.code))
