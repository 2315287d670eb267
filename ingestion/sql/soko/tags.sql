-- The tags of the chunk's products as rows, the same as their arrays.
-- Grain: one tag, and one tag of a product. Reads offered, products; writes tags, product_tags.
-- Repeatable.
WITH shelf AS (
    SELECT product.id, product.tags
      FROM products AS product
      JOIN offered ON offered.sku = product.sku
     WHERE product.shop_id = %(shop_id)s
       AND offered.tags IS NOT NULL
), wanted AS (
    SELECT DISTINCT tag AS name,
           left(trim(BOTH '-' FROM regexp_replace(lower(tag), '[^a-z0-9]+', '-', 'g')), 80)
               AS slug
      FROM shelf, unnest(tags) AS tag
), made AS (
    INSERT INTO tags (name, slug)
    SELECT name, concat_ws('-', nullif(slug, ''),
                           CASE WHEN name <> slug THEN left(md5(name), 8) END)
      FROM wanted
     ORDER BY name
        ON CONFLICT DO NOTHING
    RETURNING id, name
), gone AS (
    DELETE FROM product_tags AS old
     USING shelf, tags
     WHERE old.product_id = shelf.id
       AND tags.id = old.tag_id
       AND tags.name <> ALL (shelf.tags)
)
INSERT INTO product_tags (product_id, tag_id)
SELECT shelf.id, tag.id
  FROM shelf
 CROSS JOIN unnest(shelf.tags) AS named(name)
  JOIN (SELECT id, name FROM made UNION SELECT id, name FROM tags) AS tag USING (name)
    ON CONFLICT (product_id, tag_id) DO NOTHING
