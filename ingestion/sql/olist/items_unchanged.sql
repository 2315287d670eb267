-- Lines whose item is as it should be.
-- Grain: a line. Reads incoming, sale, orders, order_items.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'order_item', stored.id, 'unchanged'
  FROM incoming
  JOIN sale ON sale.line = incoming.line
  JOIN orders AS placed ON placed.checkout_id = sale.checkout_id
                       AND placed.shop_id = sale.seller_id
  JOIN order_items AS stored ON stored.order_id = placed.id
                            AND stored.item_ref = sale.number::text
 WHERE incoming.line NOT IN (SELECT line FROM outcome WHERE entity_type = 'order_item')
