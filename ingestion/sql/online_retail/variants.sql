-- The one variant of each product that has none with the stock code.
-- Grain: one variant a stock code of the shop. Reads line, products; writes product_variants,
--   outcome. Repeatable.
WITH seen AS (
    SELECT stock_code, min(line) AS line, min(invoiced_at) AS first_at
      FROM line
     GROUP BY stock_code
), made AS (
    INSERT INTO product_variants (id, product_id, shop_id, sku, price, inventory_policy,
                                  inventory_tracking, event_time)
    SELECT uuidv7(seen.first_at - clock_timestamp()), product.id, product.shop_id,
           seen.stock_code, product.price, 'continue', false, seen.first_at
      FROM seen
      JOIN products AS product
        ON product.shop_id = %(shop_id)s AND product.sku = seen.stock_code
     WHERE NOT EXISTS (SELECT FROM product_variants AS known
                        WHERE known.shop_id = %(shop_id)s
                          AND known.sku = seen.stock_code)
     ORDER BY seen.stock_code
        ON CONFLICT (shop_id, sku) DO NOTHING
    RETURNING id, sku
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT seen.line, 'product_variant', made.id, 'created'
  FROM made
  JOIN seen ON seen.stock_code = made.sku
