-- A variant for each new SKU, with its opening stock and first price.
-- Grain: one variant a line. Unit: the shop's currency, pieces, grams. Reads listed, products;
-- writes product_variants, inventory_logs, price_history, outcome. Repeatable.
WITH made AS (
    INSERT INTO product_variants (product_id, shop_id, sku, name, price, compare_price,
                                  cost_price, weight, barcode, inventory_quantity,
                                  position, option1, option2, option3, event_time)
    SELECT product.id, %(shop_id)s, listed.sku,
           concat_ws(' / ', listed.option1, listed.option2, listed.option3),
           listed.price, listed.compare_price, listed.cost_price, listed.weight_g,
           coalesce(listed.barcode, ''), coalesce(listed.stock, 0),
           (SELECT count(*) FROM product_variants AS sibling
             WHERE sibling.product_id = product.id)
           + row_number() OVER (PARTITION BY product.id ORDER BY listed.line) - 1,
           coalesce(listed.option1, ''), coalesce(listed.option2, ''),
           coalesce(listed.option3, ''), %(now)s
      FROM listed
      JOIN products AS product
        ON product.shop_id = %(shop_id)s AND product.sku = listed.product_sku
     WHERE NOT EXISTS (SELECT FROM product_variants AS known
                        WHERE known.shop_id = %(shop_id)s AND known.sku = listed.sku)
     ORDER BY listed.sku
        ON CONFLICT (shop_id, sku) DO NOTHING
    RETURNING id, product_id, sku, price, inventory_quantity
), moved AS (
    INSERT INTO inventory_logs (product_id, variant_id, old_quantity, new_quantity,
                                adjustment, reason, user_id, created_at)
    SELECT product_id, id, 0, inventory_quantity, inventory_quantity, 'opening',
           %(user_id)s::uuid, %(now)s
      FROM made
     WHERE inventory_quantity <> 0
    RETURNING id, variant_id
), priced AS (
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT id, product_id, NULL, price, %(now)s, %(user_id)s::uuid
      FROM made
    RETURNING id, variant_id
), reported AS (
    SELECT made.id, listed.line FROM made JOIN listed USING (sku)
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT line, 'product_variant', id, 'created' FROM reported
 UNION ALL
SELECT reported.line, 'inventory_log', moved.id, 'created'
  FROM moved JOIN reported ON reported.id = moved.variant_id
 UNION ALL
SELECT reported.line, 'price_change', priced.id, 'created'
  FROM priced JOIN reported ON reported.id = priced.variant_id
