-- The items of the chunk as order lines; of repeated items the last line counts.
-- Grain: an item of an order. Unit: BRL. Reads sale, orders, products.
-- Makes the temporary table item.
CREATE TEMP TABLE item ON COMMIT DROP AS
SELECT DISTINCT ON (placed.id, sale.number)
       sale.line, placed.id AS order_id, placed.checkout_id, placed.event_time,
       sale.number::text AS item_ref, product.id AS product_id, variant.id AS variant_id,
       product.sku, product.name, coalesce(category.slug, '') AS category,
       sale.price, sale.freight
  FROM sale
  JOIN orders AS placed ON placed.checkout_id = sale.checkout_id
                       AND placed.shop_id = sale.seller_id
  JOIN products AS product ON product.shop_id = sale.seller_id
                          AND product.sku = sale.sku
  JOIN product_variants AS variant ON variant.product_id = product.id
                                  AND variant.sku = product.sku
  LEFT JOIN categories AS category ON category.id = product.category_id
 ORDER BY placed.id, sale.number, sale.line DESC;
ANALYZE item
