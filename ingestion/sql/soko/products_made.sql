-- A product for each new handle; on sale unless the file says otherwise.
-- Grain: one product. Unit: the shop's currency, grams. Reads offered; writes products, outcome.
-- Repeatable: one that is there is left alone.
WITH wanted AS (
    SELECT offered.*,
           coalesce(nullif(left(trim(BOTH '-' FROM
               regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g')), 200), ''),
               'product') AS slug
      FROM offered
     WHERE NOT EXISTS (SELECT FROM products AS known
                        WHERE known.shop_id = %(shop_id)s AND known.sku = offered.sku)
), made AS (
    INSERT INTO products (shop_id, sku, name, slug, description, price, currency, weight,
                          category_id, brand_id, tags, status, extra_data, event_time)
    SELECT %(shop_id)s, sku, name,
           CASE WHEN count(*) OVER (PARTITION BY slug) > 1
                  OR EXISTS (SELECT FROM products WHERE products.slug = wanted.slug)
                THEN slug || '-' || left(md5(%(shop_id)s::text || ' ' || sku), 10)
                ELSE slug END,
           coalesce(description, ''), price, %(currency)s, weight_g, category_id, brand_id,
           coalesce(tags, '{}'), coalesce(status, 'active'),
           CASE WHEN image_url IS NULL THEN '{}'
                ELSE jsonb_build_object('image_url', image_url) END,
           %(now)s
      FROM wanted
     ORDER BY sku
        ON CONFLICT (shop_id, sku) DO NOTHING
    RETURNING id, sku
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT wanted.line, 'product', made.id, 'created'
  FROM made
  JOIN wanted USING (sku)
