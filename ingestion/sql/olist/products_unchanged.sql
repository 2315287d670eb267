-- Lines whose product is as it should be.
-- Grain: a line. Reads incoming, products.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'product', product.id, 'unchanged'
  FROM incoming
  JOIN products AS product
    ON product.shop_id = %(shop_id)s AND product.sku = incoming.product_id
 WHERE incoming.line NOT IN (SELECT line FROM outcome WHERE entity_type = 'product')
