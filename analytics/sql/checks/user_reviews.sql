-- The reviews that each user wrote in each bucket, for --verify.
-- Grain: (event_time, user_id). Reads product_reviews. Read only.
SELECT date_trunc(%(grain)s, event_time, 'UTC') AS event_time,
       coalesce(user_id, customer_id) AS user_id,
       count(rating) AS review_count,
       round(sum(rating)::numeric / count(rating), 2) AS average_rating
  FROM product_reviews
 WHERE event_time >= %(start)s AND event_time < %(end)s
   AND (user_id IS NOT NULL OR customer_id IS NOT NULL)
 GROUP BY 1, 2
