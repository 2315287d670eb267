-- Products become cards of the house shop: drafts, until a seller sells one.
-- Grain: a product, reported on its line. Reads card. Repeatable: the SKU is the product's id.
WITH saved AS (
    INSERT INTO products (shop_id, sku, name, slug, currency, track_inventory, weight,
                          dimensions, attributes, category_id, status)
    SELECT %(shop_id)s, sku, name, slug, 'BRL', false, weight, dimensions, attributes,
           category_id, 'draft'
      FROM card
     ORDER BY sku
    ON CONFLICT (shop_id, sku) DO UPDATE
       SET name = EXCLUDED.name, weight = EXCLUDED.weight,
           dimensions = EXCLUDED.dimensions, attributes = EXCLUDED.attributes,
           category_id = EXCLUDED.category_id, updated_at = now()
     WHERE (products.name, products.weight, products.dimensions, products.attributes,
            products.category_id)
           IS DISTINCT FROM
           (EXCLUDED.name, EXCLUDED.weight, EXCLUDED.dimensions, EXCLUDED.attributes,
            EXCLUDED.category_id)
    RETURNING id, sku, old.id IS NULL AS created,
              jsonb_build_object('name', old.name, 'weight', old.weight,
                                 'dimensions', old.dimensions,
                                 'attributes', old.attributes,
                                 'category_id', old.category_id) AS previous
), variants AS (
    INSERT INTO product_variants (product_id, shop_id, sku, weight, inventory_policy,
                                  inventory_tracking)
    SELECT saved.id, %(shop_id)s, saved.sku, card.weight, 'continue', false
      FROM saved
      JOIN card USING (sku)
     WHERE saved.created
     ORDER BY saved.sku
    RETURNING id, sku
), reported AS (
    INSERT INTO outcome (line, entity_type, entity_id, action)
    SELECT card.line, 'product_variant', variants.id, 'created'
      FROM variants
      JOIN card USING (sku)
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT card.line, 'product', saved.id,
       CASE WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN NOT saved.created THEN saved.previous END
  FROM saved
  JOIN card USING (sku)
