-- What shops promise: the promotions of some codes, and those that come by themselves.
-- Grain: promotion, once with its code. Arrays: shop_ids; codes, in capitals.
-- Of a shop the code that was entered last; automatic ones only while they hold.
-- Reads promotions, coupons, categories.
-- Repeatable: writes nothing.
WITH RECURSIVE entered AS (
    SELECT DISTINCT ON (coupon.shop_id)
           coupon.id AS coupon_id, coupon.promotion_id, coupon.code,
           coupon.usage_limit, coupon.usage_limit_per_user,
           coalesce(coupon.usage_count >= coupon.usage_limit, false) AS is_used_up
      FROM coupons AS coupon
     WHERE coupon.shop_id = ANY(%(shop_ids)s::uuid[])
       AND upper(coupon.code) = ANY(%(codes)s::text[])
     ORDER BY coupon.shop_id,
              array_position(%(codes)s::text[], upper(coupon.code)) DESC
), found AS (
    SELECT promotion.*, entered.coupon_id, entered.code,
           entered.usage_limit AS coupon_usage_limit,
           entered.usage_limit_per_user AS coupon_usage_limit_per_user,
           entered.is_used_up AS is_code_used_up
      FROM entered
      JOIN promotions AS promotion ON promotion.id = entered.promotion_id
     WHERE NOT promotion.is_automatic
     UNION ALL
    SELECT promotion.*, NULL, '', NULL, NULL, false
      FROM promotions AS promotion
     WHERE promotion.shop_id = ANY(%(shop_ids)s::uuid[])
       AND promotion.is_automatic AND promotion.is_active
       AND promotion.starts_at <= %(now)s
       AND coalesce(promotion.ends_at > %(now)s, true)
       AND coalesce(promotion.usage_count < promotion.usage_limit, true)
), named AS (
    SELECT found.id AS promotion_id, list.name AS list, category.id, category.slug
      FROM found
     CROSS JOIN (VALUES ('categories'), ('get_categories')) AS list(name)
     CROSS JOIN jsonb_array_elements_text(
           CASE jsonb_typeof(found.conditions -> list.name)
           WHEN 'array' THEN found.conditions -> list.name ELSE '[]' END) AS one(name)
      JOIN categories AS category
        ON category.slug = one.name OR category.id::text = one.name
     UNION
    SELECT named.promotion_id, named.list, below.id, below.slug
      FROM named
      JOIN categories AS below ON below.parent_id = named.id
)
SELECT found.id AS promotion_id, found.shop_id, found.name, found.kind, found.value,
       found.conditions, found.is_combinable,
       found.usage_limit AS promotion_usage_limit,
       found.usage_limit_per_user AS promotion_usage_limit_per_user,
       found.coupon_id, found.code,
       found.coupon_usage_limit AS usage_limit,
       found.coupon_usage_limit_per_user AS usage_limit_per_user,
       found.is_active
           AND found.starts_at <= %(now)s
           AND coalesce(found.ends_at > %(now)s, true) AS is_valid,
       found.is_code_used_up
           OR coalesce(found.usage_count >= found.usage_limit, false) AS is_used_up,
       ARRAY(SELECT slug FROM named
              WHERE named.promotion_id = found.id AND list = 'categories') AS categories,
       ARRAY(SELECT slug FROM named
              WHERE named.promotion_id = found.id
                AND list = 'get_categories') AS get_categories
  FROM found
 ORDER BY found.shop_id, found.id
