-- Brings products that there are up to date; an empty cell leaves what there is.
-- Grain: one product. Reads offered; writes products, outcome. Repeatable: what is the same
-- already is not written.
WITH wanted AS (
    SELECT product.id, offered.line, offered.name,
           coalesce(offered.description, product.description) AS description,
           coalesce(offered.status, product.status) AS status,
           coalesce(offered.weight_g, product.weight) AS weight,
           coalesce(offered.category_id, product.category_id) AS category_id,
           coalesce(offered.brand_id, product.brand_id) AS brand_id,
           -- The same ones in another order are the same.
           CASE WHEN offered.tags IS NULL
                  OR (offered.tags @> product.tags::text[]
                      AND offered.tags <@ product.tags::text[])
                THEN product.tags::text[] ELSE offered.tags END AS tags,
           CASE WHEN offered.image_url IS NULL THEN product.extra_data
                ELSE product.extra_data
                     || jsonb_build_object('image_url', offered.image_url)
            END AS extra_data
      FROM offered
      JOIN products AS product
        ON product.shop_id = %(shop_id)s AND product.sku = offered.sku
     ORDER BY offered.sku
       FOR NO KEY UPDATE OF product
), changed AS (
    UPDATE products AS product
       SET name = wanted.name, description = wanted.description, status = wanted.status,
           weight = wanted.weight, category_id = wanted.category_id,
           brand_id = wanted.brand_id, tags = wanted.tags,
           extra_data = wanted.extra_data, updated_at = now()
      FROM wanted
     WHERE product.id = wanted.id
       AND (product.name, product.description, product.status, product.weight,
            product.category_id, product.brand_id, product.tags::text[], product.extra_data)
           IS DISTINCT FROM
           (wanted.name, wanted.description, wanted.status, wanted.weight,
            wanted.category_id, wanted.brand_id, wanted.tags, wanted.extra_data)
    RETURNING product.id, wanted.line, jsonb_build_object(
              'name', old.name, 'description', old.description, 'status', old.status,
              'weight', old.weight, 'category_id', old.category_id,
              'brand_id', old.brand_id, 'tags', old.tags, 'extra_data', old.extra_data,
              'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'product', id, 'updated', previous
  FROM changed
