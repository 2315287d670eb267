-- Name and price of the products that this file sells: those of the latest sale with a price,
-- whatever file it came in.
-- Grain: one product and its variant of the same SKU. Unit: the shop's currency.
-- Reads ingestion_records, order_items, orders; writes products, product_variants,
-- price_history, outcome.
-- Repeatable.
WITH touched AS (
    SELECT DISTINCT item.product_id
      FROM ingestion_records AS record
      JOIN order_items AS item ON item.id = record.entity_id
     WHERE record.file_id = %(file_id)s
       AND record.entity_type = 'order_item'
       AND record.action <> 'unchanged'
), latest AS (
    SELECT DISTINCT ON (item.product_id) item.product_id, item.name, item.price, item.sku
      FROM touched
      JOIN order_items AS item USING (product_id)
      JOIN orders AS placed ON placed.id = item.order_id
     WHERE item.price > 0
       AND item.sku <> ''
     ORDER BY item.product_id, placed.event_time DESC, item.id DESC
), locked AS (
    SELECT product.id, product.sku, latest.name, latest.price
      FROM products AS product
      JOIN latest ON latest.product_id = product.id
     WHERE product.shop_id = %(shop_id)s
       AND (product.name, product.price) IS DISTINCT FROM (latest.name, latest.price)
     ORDER BY product.sku
       FOR NO KEY UPDATE OF product
), product AS (
    UPDATE products
       SET name = locked.name, price = locked.price, updated_at = now()
      FROM locked
     WHERE products.id = locked.id
    RETURNING products.id, jsonb_build_object(
              'name', old.name, 'price', old.price, 'updated_at', old.updated_at)
              AS previous
), variant AS (
    UPDATE product_variants
       SET price = locked.price, updated_at = now()
      FROM locked
     WHERE product_variants.product_id = locked.id
       AND product_variants.sku = locked.sku
       AND product_variants.price <> locked.price
    RETURNING product_variants.id, product_variants.product_id, old.price AS old_price,
              new.price AS new_price, jsonb_build_object(
              'price', old.price, 'updated_at', old.updated_at) AS previous
), noted AS (
    -- A variant without a history gets its first price in finish_first_prices.sql.
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT id, product_id, old_price, new_price, %(now)s, %(user_id)s::uuid
      FROM variant
     WHERE EXISTS (SELECT FROM price_history AS known WHERE known.variant_id = variant.id)
     ORDER BY id
    RETURNING id
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT 0, 'product', id, 'updated', previous FROM product
 UNION ALL
SELECT 0, 'product_variant', id, 'updated', previous FROM variant
 UNION ALL
SELECT 0, 'price_change', id, 'created', NULL FROM noted
