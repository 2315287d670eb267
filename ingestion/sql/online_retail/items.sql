-- The items of sales whose orders were there before this chunk.
-- Grain: one item a line; known again by (order, item_ref). Unit: the shop's currency.
-- Reads line, placed, shelf; writes order_items, outcome. Repeatable: an item that is there
-- already is brought up to date, and reported with what it was, or as unchanged.
WITH sold AS (
    SELECT line.line, line.key, line.item_ref, line.quantity, line.price, line.stock_code,
           placed.id AS order_id, shelf.product_id, shelf.variant_id,
           shelf.category,
           coalesce(nullif(line.description, ''), shelf.name) AS name
      FROM line
      JOIN placed USING (invoice)
      JOIN shelf USING (stock_code)
     WHERE line.becomes = 'sale'
       AND NOT placed.is_new
), written AS (
    INSERT INTO order_items AS item (id, order_id, product_id, variant_id, item_ref, sku,
                                     name, category, quantity, price)
    SELECT key, order_id, product_id, variant_id,
           item_ref, stock_code, name, category, quantity, price
      FROM sold
     ORDER BY order_id, item_ref
        ON CONFLICT (order_id, item_ref) DO UPDATE
       SET name = excluded.name, quantity = excluded.quantity, price = excluded.price,
           updated_at = now()
     WHERE (item.name, item.quantity, item.price)
        IS DISTINCT FROM (excluded.name, excluded.quantity, excluded.price)
    RETURNING new.id, new.order_id, new.item_ref,
              CASE WHEN old.id IS NOT NULL THEN jsonb_build_object(
                  'name', old.name, 'quantity', old.quantity, 'price', old.price,
                  'updated_at', old.updated_at) END AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT sold.line, 'order_item', coalesce(written.id, item.id),
       CASE WHEN written.id IS NULL THEN 'unchanged'
            WHEN written.previous IS NULL THEN 'created'
            ELSE 'updated' END,
       written.previous
  FROM sold
  LEFT JOIN written USING (order_id, item_ref)
  LEFT JOIN order_items AS item
    ON written.id IS NULL
   AND item.order_id = sold.order_id
   AND item.item_ref = sold.item_ref
