-- The chunk's rows with the product each belongs to, in the temporary table `listed`: the handle,
-- else the product that the SKU is known in, else a product of the SKU's own.
-- Grain: one row a line. Reads incoming, product_variants, products.
CREATE TEMP TABLE listed ON COMMIT DROP AS
SELECT incoming.*,
       coalesce(incoming.handle, product.sku, incoming.sku) AS product_sku,
       (SELECT array_agg(trim(step) ORDER BY depth)
          FROM unnest(string_to_array(incoming.category, '>'))
               WITH ORDINALITY AS path(step, depth)) AS path,
       (SELECT array_agg(DISTINCT trim(tag))
          FROM unnest(string_to_array(incoming.tags, ',')) AS tag
         WHERE trim(tag) <> '') AS tag_names
  FROM incoming
  LEFT JOIN product_variants AS variant
    ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
  LEFT JOIN products AS product ON product.id = variant.product_id
