-- What buyers think on average, of each product and shop that this file has reviews of.
-- Grain: a product, a shop. Reads ingestion_records, product_reviews. Repeatable.
WITH touched AS (
    SELECT DISTINCT review.product_id, review.shop_id
      FROM ingestion_records AS record
      JOIN product_reviews AS review ON review.id = record.entity_id
     WHERE record.file_id = %(file_id)s
       AND record.entity_type = 'product_review'
), of_products AS (
    SELECT product_id, round(avg(rating), 2) AS rating, count(*) AS reviews
      FROM product_reviews
     WHERE is_approved AND product_id IN (SELECT product_id FROM touched)
     GROUP BY product_id
), of_shops AS (
    SELECT shop_id, round(avg(rating), 2) AS rating, count(*) AS reviews
      FROM product_reviews
     WHERE is_approved AND shop_id IN (SELECT shop_id FROM touched)
     GROUP BY shop_id
), changed_shops AS (
    UPDATE shops
       SET rating_average = of_shops.rating, review_count = of_shops.reviews,
           updated_at = now()
      FROM of_shops
     WHERE shops.id = of_shops.shop_id
       AND (shops.rating_average, shops.review_count)
           IS DISTINCT FROM (of_shops.rating, of_shops.reviews)
    RETURNING shops.id, jsonb_build_object(
              'rating_average', old.rating_average, 'review_count', old.review_count,
              'updated_at', old.updated_at) AS previous
), changed_products AS (
    UPDATE products
       SET rating_average = of_products.rating, review_count = of_products.reviews,
           updated_at = now()
      FROM of_products
     WHERE products.id = of_products.product_id
       AND (products.rating_average, products.review_count)
           IS DISTINCT FROM (of_products.rating, of_products.reviews)
    RETURNING products.id, jsonb_build_object(
              'rating_average', old.rating_average, 'review_count', old.review_count,
              'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT 0, 'shop', id, 'updated', previous FROM changed_shops
UNION ALL
SELECT 0, 'product', id, 'updated', previous FROM changed_products
