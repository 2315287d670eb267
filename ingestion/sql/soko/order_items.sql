-- The lines of the orders.
-- Grain: one item a line; known again by its order and SKU. Unit: the shop's currency.
-- Reads incoming, orders, product_variants; writes order_items, outcome. Repeatable: an item
-- that is there is brought up to date.
WITH sold AS (
    SELECT incoming.line, incoming.sku, incoming.quantity, incoming.price,
           incoming.ordered_at, coalesce(incoming.discount, 0) AS discount,
           coalesce(incoming.tax, 0) AS tax, placed.id AS order_id, variant.id AS variant_id,
           product.id AS product_id, product.name, variant.name AS title,
           coalesce(category.slug, '') AS category
      FROM incoming
      JOIN orders AS placed
        ON placed.shop_id = %(shop_id)s AND placed.order_ref = incoming.order_ref
      JOIN product_variants AS variant
        ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
      JOIN products AS product ON product.id = variant.product_id
      LEFT JOIN categories AS category ON category.id = product.category_id
), written AS (
    INSERT INTO order_items AS item (id, order_id, product_id, variant_id, item_ref, sku,
                                     name, title, category, quantity, price,
                                     total_discount, tax)
    SELECT uuidv7(ordered_at - clock_timestamp()), order_id, product_id, variant_id, sku,
           sku, name, title, category, quantity, price, discount, tax
      FROM sold
     ORDER BY order_id, sku
        ON CONFLICT (order_id, item_ref) DO UPDATE
       SET quantity = excluded.quantity, price = excluded.price,
           total_discount = excluded.total_discount, tax = excluded.tax,
           updated_at = now()
     WHERE (item.quantity, item.price, item.total_discount, item.tax)
        IS DISTINCT FROM
           (excluded.quantity, excluded.price, excluded.total_discount, excluded.tax)
    RETURNING new.id, new.order_id, new.item_ref AS sku,
              CASE WHEN old.id IS NOT NULL THEN jsonb_build_object(
                  'quantity', old.quantity, 'price', old.price,
                  'total_discount', old.total_discount, 'tax', old.tax,
                  'updated_at', old.updated_at) END AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT sold.line, 'order_item', coalesce(written.id, item.id),
       CASE WHEN written.id IS NULL THEN 'unchanged'
            WHEN written.previous IS NULL THEN 'created'
            ELSE 'updated' END,
       written.previous
  FROM sold
  LEFT JOIN written USING (order_id, sku)
  LEFT JOIN order_items AS item
    ON written.id IS NULL
   AND item.order_id = sold.order_id
   AND item.item_ref = sold.sku
