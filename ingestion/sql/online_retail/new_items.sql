-- The items of sales whose orders this chunk has made: nobody else can see such an order yet,
-- so there is nothing to conflict with.
-- Grain: one item a line. Unit: the shop's currency. Reads line, placed, shelf; writes
-- order_items, outcome. Repeatable in that a second run finds its orders there already.
WITH written AS (
    INSERT INTO order_items (id, order_id, product_id, variant_id, item_ref, sku, name,
                             category, quantity, price)
    SELECT line.key, placed.id, shelf.product_id, shelf.variant_id, line.item_ref,
           line.stock_code, coalesce(nullif(line.description, ''), shelf.name),
           shelf.category, line.quantity, line.price
      FROM line
      JOIN placed USING (invoice)
      JOIN shelf USING (stock_code)
     WHERE line.becomes = 'sale'
       AND placed.is_new
     ORDER BY line.line
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT line.line, 'order_item', line.key, 'created'
  FROM line
  JOIN placed USING (invoice)
 WHERE line.becomes = 'sale'
   AND placed.is_new
