-- The cards of the chunk; of repeated products the last line counts.
-- Grain: a product. Unit: weight in grams, dimensions in millimetres.
-- Reads incoming, categories. Makes the temporary table card.
CREATE TEMP TABLE card ON COMMIT DROP AS
SELECT DISTINCT ON (incoming.product_id)
       incoming.line, incoming.product_id AS sku,
       'olist-' || incoming.product_id AS slug,
       coalesce(category.name, 'Product') || ' ' || left(incoming.product_id, 6) AS name,
       category.id AS category_id,
       incoming.product_weight_g AS weight,
       jsonb_strip_nulls(jsonb_build_object(
           'length', incoming.product_length_cm * 10,
           'width', incoming.product_width_cm * 10,
           'height', incoming.product_height_cm * 10)) AS dimensions,
       jsonb_strip_nulls(jsonb_build_object('photos', incoming.product_photos_qty))
           AS attributes
  FROM incoming
  LEFT JOIN categories AS category
    ON category.slug = 'olist-' || trim(BOTH '-' FROM regexp_replace(
           lower(incoming.product_category_name), '[^a-z0-9]+', '-', 'g'))
 ORDER BY incoming.product_id, incoming.line DESC;
ANALYZE card
