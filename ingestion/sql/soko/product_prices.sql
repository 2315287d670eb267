-- A product shows the prices of its cheapest variant, and where that is said to be reduced the
-- lowest of the 30 days before. A cost that no variant tells stays as it is.
-- Grain: one product of the chunk's SKUs. Unit: the shop's currency. Reads incoming,
-- product_variants, price_history; writes products, outcome. Repeatable.
WITH touched AS (
    SELECT variant.product_id, min(incoming.line) AS line
      FROM incoming
      JOIN product_variants AS variant
        ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
     GROUP BY variant.product_id
), chosen AS (
    SELECT DISTINCT ON (variant.product_id) variant.product_id, touched.line, variant.id,
           variant.price, variant.compare_price, variant.cost_price
      FROM touched
      JOIN product_variants AS variant USING (product_id)
     ORDER BY variant.product_id, variant.price, variant.position, variant.id
), cheapest AS (
    SELECT product_id, line, price, compare_price, cost_price,
           CASE WHEN compare_price > price THEN lowest_before(id, price, %(now)s)
           END AS lowest_before
      FROM chosen
), locked AS (
    SELECT product.id, cheapest.line, cheapest.price, cheapest.compare_price,
           coalesce(cheapest.cost_price, product.cost_price) AS cost_price,
           cheapest.lowest_before
      FROM products AS product
      JOIN cheapest ON cheapest.product_id = product.id
     WHERE (product.price, product.compare_price, product.cost_price,
            product.lowest_before)
           IS DISTINCT FROM
           (cheapest.price, cheapest.compare_price,
            coalesce(cheapest.cost_price, product.cost_price), cheapest.lowest_before)
     ORDER BY product.sku
       FOR NO KEY UPDATE OF product
), repriced AS (
    UPDATE products AS product
       SET price = locked.price, compare_price = locked.compare_price,
           cost_price = locked.cost_price, lowest_before = locked.lowest_before,
           updated_at = now()
      FROM locked
     WHERE product.id = locked.id
    RETURNING product.id, locked.line, jsonb_build_object(
              'price', old.price, 'compare_price', old.compare_price,
              'cost_price', old.cost_price, 'lowest_before', old.lowest_before,
              'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'product', id, 'updated', previous
  FROM repriced
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = repriced.id
                      AND outcome.action = 'created')
