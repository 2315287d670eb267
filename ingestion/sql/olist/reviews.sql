-- Reviews, of whoever brought them in known by their id and their order's: Olist repeats an id.
-- Grain: a review of an order. Reads opinion. Repeatable: the reference is the key.
WITH stored AS (
    SELECT review.id, review.review_ref
      FROM product_reviews AS review
     WHERE review.review_ref IN (SELECT ref FROM opinion)
), changed AS (
    UPDATE product_reviews
       SET rating = opinion.rating, title = opinion.title, review = opinion.review,
           event_time = opinion.written_at, updated_at = now()
      FROM opinion
      JOIN stored ON stored.review_ref = opinion.ref
     WHERE product_reviews.id = stored.id
       AND (product_reviews.rating, product_reviews.title, product_reviews.review,
            product_reviews.event_time)
           IS DISTINCT FROM
           (opinion.rating, opinion.title, opinion.review, opinion.written_at)
    RETURNING product_reviews.id, opinion.line,
              jsonb_build_object('rating', old.rating, 'title', old.title,
                                 'review', old.review,
                                 'event_time', old.event_time) AS previous
), made AS (
    INSERT INTO product_reviews (id, event_time, shop_id, product_id, customer_id,
                                 review_ref, rating, title, review,
                                 is_verified_purchase, is_approved)
    SELECT uuidv7(written_at - clock_timestamp()), written_at, shop_id, product_id,
           customer_id, ref, rating, title, review, is_verified_purchase, true
      FROM opinion
     WHERE NOT EXISTS (SELECT FROM stored WHERE stored.review_ref = opinion.ref)
     ORDER BY shop_id, ref
    ON CONFLICT (shop_id, review_ref) DO NOTHING
    RETURNING id, review_ref
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT opinion.line, 'product_review', made.id, 'created', NULL
  FROM made
  JOIN opinion ON opinion.ref = made.review_ref
UNION ALL
SELECT line, 'product_review', id, 'updated', previous FROM changed
