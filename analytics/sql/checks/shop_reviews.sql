-- The reviews of each shop and bucket, for --verify.
-- Grain: (event_time, shop_id). Reads product_reviews. Read only.
SELECT date_trunc(%(grain)s, event_time, 'UTC') AS event_time, shop_id,
       count(rating) AS review_count,
       round(sum(rating)::numeric / count(rating), 2) AS average_rating
  FROM product_reviews
 WHERE event_time >= %(start)s AND event_time < %(end)s
 GROUP BY 1, 2
