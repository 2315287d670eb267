-- The tags of products that got their old array back, as rows: the same as their arrays.
-- Grain: one tag of a product. Reads undo_changed, products, tags; writes product_tags.
-- Repeatable.
WITH shelf AS (
    SELECT product.id, product.tags
      FROM undo_changed AS changed
      JOIN products AS product ON product.id = changed.entity_id
     WHERE changed.entity_type = 'product'
       AND changed.previous ? 'tags'
), gone AS (
    DELETE FROM product_tags AS row
     USING shelf, tags
     WHERE row.product_id = shelf.id
       AND tags.id = row.tag_id
       AND tags.name <> ALL (shelf.tags)
)
INSERT INTO product_tags (product_id, tag_id)
SELECT shelf.id, tags.id
  FROM shelf
  JOIN tags ON tags.name = ANY (shelf.tags)
    ON CONFLICT (product_id, tag_id) DO NOTHING
