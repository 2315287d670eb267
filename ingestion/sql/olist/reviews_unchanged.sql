-- Lines whose review is as it should be.
-- Grain: a line. Reads incoming, product_reviews.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT DISTINCT ON (incoming.line) incoming.line, 'product_review', review.id, 'unchanged'
  FROM incoming
  JOIN product_reviews AS review
    ON review.review_ref = incoming.review_id || ':' || incoming.order_id
 WHERE incoming.line NOT IN (SELECT line FROM outcome)
 ORDER BY incoming.line, review.id
