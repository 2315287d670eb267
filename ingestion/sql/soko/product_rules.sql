-- What only the shop can judge about its products.
-- Grain: one row an error. Reads incoming, products, product_variants. Repeatable.
SELECT line, 'currency' AS column, currency AS value,
       format('is not the shop''s currency, %%s', %(currency)s::text) AS message
  FROM incoming
 WHERE upper(currency) <> %(currency)s
 UNION ALL
SELECT incoming.line, 'handle', incoming.handle,
       format('is not the product of this SKU, which belongs to %%s', product.sku)
  FROM incoming
  JOIN product_variants AS variant
    ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
  JOIN products AS product ON product.id = variant.product_id
 WHERE product.sku <> incoming.handle
 UNION ALL
SELECT line, 'category', category,
       'is not a path such as Kitchen > Tea > Green tea, of at most 8 steps'
  FROM incoming
 WHERE category IS NOT NULL
   AND (EXISTS (SELECT FROM unnest(string_to_array(category, '>')) AS step
                 WHERE length(trim(step)) NOT BETWEEN 1 AND 255)
        OR cardinality(string_to_array(category, '>')) > 8)
 UNION ALL
SELECT line, 'tags', tags, 'holds a tag of more than 100 characters'
  FROM incoming
 WHERE EXISTS (SELECT FROM unnest(string_to_array(tags, ',')) AS tag
                WHERE length(trim(tag)) > 100)
 UNION ALL
SELECT line, 'image_url', left(image_url, 100), 'is longer than 2000 characters'
  FROM incoming
 WHERE length(image_url) > 2000
