-- The reviews of the chunk: of the product when the whole checkout has one, else of the shop of its
-- first order; of repeated reviews the last line counts.
-- Grain: a review of an order. Reads incoming, checkouts, orders, order_items.
-- Makes the temporary table opinion.
CREATE TEMP TABLE opinion ON COMMIT DROP AS
SELECT DISTINCT ON (incoming.review_id, incoming.order_id)
       incoming.line, incoming.review_id || ':' || incoming.order_id AS ref,
       incoming.review_score AS rating,
       coalesce(incoming.review_comment_title, '') AS title,
       coalesce(incoming.review_comment_message, '') AS review,
       incoming.review_creation_date AS written_at,
       first.shop_id, first.customer_id,
       CASE WHEN bought.products = 1 THEN bought.product_id END AS product_id,
       coalesce(bought.products, 0) > 0 AS is_verified_purchase
  FROM incoming
  JOIN checkouts AS checkout
    ON checkout.source = %(source)s AND checkout.checkout_ref = incoming.order_id
  JOIN LATERAL (SELECT id, shop_id, customer_id FROM orders
                 WHERE orders.checkout_id = checkout.id
                 ORDER BY id LIMIT 1) AS first ON true
  LEFT JOIN LATERAL (
      SELECT count(DISTINCT item.product_id) AS products,
             (array_agg(item.product_id))[1] AS product_id
        FROM orders AS placed
        JOIN order_items AS item ON item.order_id = placed.id
       WHERE placed.checkout_id = checkout.id) AS bought ON true
 ORDER BY incoming.review_id, incoming.order_id, incoming.line DESC;
ANALYZE opinion
