-- What approved reviews say on average, of one product and of its shop.
-- Grain: a product, a shop. Reads product_reviews; writes products, shops. Repeatable.
-- The caller holds both rows, so that this sees every review committed before.
WITH of_product AS (
    SELECT coalesce(round(avg(rating), 2), 0) AS average, count(*) AS reviews
      FROM product_reviews
     WHERE is_approved AND product_id = %(product_id)s
), of_shop AS (
    SELECT coalesce(round(avg(rating), 2), 0) AS average, count(*) AS reviews
      FROM product_reviews
     WHERE is_approved AND shop_id = %(shop_id)s
), shown_at_shop AS (
    UPDATE shops
       SET rating_average = of_shop.average, review_count = of_shop.reviews,
           updated_at = %(now)s
      FROM of_shop
     WHERE shops.id = %(shop_id)s
       AND (shops.rating_average, shops.review_count)
           IS DISTINCT FROM (of_shop.average, of_shop.reviews)
)
UPDATE products
   SET rating_average = of_product.average, review_count = of_product.reviews,
       updated_at = %(now)s
  FROM of_product
 WHERE products.id = %(product_id)s
   AND (products.rating_average, products.review_count)
       IS DISTINCT FROM (of_product.average, of_product.reviews)
