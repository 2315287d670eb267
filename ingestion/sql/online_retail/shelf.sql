-- Stock code -> product and variant of this chunk, in the temporary table `shelf`.
-- Reads line, product_variants, products, categories. Runs once a chunk.
CREATE TEMP TABLE shelf ON COMMIT DROP AS
SELECT variant.sku AS stock_code, variant.id AS variant_id, product.id AS product_id,
       product.name, coalesce(category.slug, '') AS category
  FROM product_variants AS variant
  JOIN products AS product ON product.id = variant.product_id
  LEFT JOIN categories AS category ON category.id = product.category_id
 WHERE variant.shop_id = %(shop_id)s
   AND variant.sku IN (SELECT stock_code FROM line)
