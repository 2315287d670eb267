-- The chunk's products, in the temporary table `offered`: each value from the first row that has
-- one. NULL leaves what there is.
-- Grain: one row a product of the shop. Unit: grams. Reads listed, branch, brands.
CREATE TEMP TABLE offered ON COMMIT DROP AS
SELECT product_sku AS sku, min(line) AS line,
       (array_agg(name ORDER BY line))[1] AS name,
       (array_agg(description ORDER BY line) FILTER (WHERE description IS NOT NULL))[1]
           AS description,
       (array_agg(status ORDER BY line) FILTER (WHERE status IS NOT NULL))[1] AS status,
       (array_agg(weight_g ORDER BY line) FILTER (WHERE weight_g IS NOT NULL))[1]
           AS weight_g,
       (array_agg(image_url ORDER BY line) FILTER (WHERE image_url IS NOT NULL))[1]
           AS image_url,
       (array_agg(branch.category_id ORDER BY line)
           FILTER (WHERE branch.category_id IS NOT NULL))[1] AS category_id,
       (array_agg(named.id ORDER BY line) FILTER (WHERE named.id IS NOT NULL))[1]
           AS brand_id,
       (SELECT array_agg(DISTINCT tag) FROM listed AS row, unnest(row.tag_names) AS tag
         WHERE row.product_sku = listed.product_sku) AS tags,
       min(price) AS price
  FROM listed
  LEFT JOIN (SELECT path, category_id FROM branch) AS branch
    ON branch.path = lower(array_to_string(listed.path, ' > '))
  LEFT JOIN LATERAL (SELECT coalesce(merged_into_id, id) AS id FROM brands WHERE lower(brands.name) = lower(brand)
                      ORDER BY brands.id LIMIT 1) AS named ON true
 GROUP BY product_sku
