-- Variants of one product out of its options, with their first price.
-- Grain: variant. Arrays of one length: skus, names, option1, option2, option3, positions. The
--   rest is the same for all of them: price and compare_price in the shop's currency, weight in
--   grams.
-- Writes product_variants and price_history. Not repeatable: the SKUs are taken then.
WITH made AS (
    INSERT INTO product_variants
           (product_id, shop_id, sku, name, price, compare_price, weight, inventory_policy,
            inventory_tracking, requires_shipping, taxable, position, option1, option2,
            option3, event_time)
    SELECT %(product_id)s, %(shop_id)s, sku, name, %(price)s, %(compare_price)s::numeric,
           %(weight)s::numeric, %(inventory_policy)s, %(inventory_tracking)s,
           %(requires_shipping)s, %(taxable)s, position, option1, option2, option3, %(now)s
      FROM unnest(%(skus)s::text[], %(names)s::text[], %(option1)s::text[],
                  %(option2)s::text[], %(option3)s::text[], %(positions)s::int[])
           AS wanted(sku, name, option1, option2, option3, position)
     ORDER BY position
    RETURNING id, product_id, price
)
INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at, user_id)
SELECT id, product_id, NULL, price, %(now)s, %(user_id)s FROM made
