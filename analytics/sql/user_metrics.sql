-- What each buyer did in each hour or day.
-- Grain: (bucket, user_id); a bucket is a UTC hour or day, by %(grain)s. A user is the account,
--   or the customer where an order has no account.
-- Unit: money in the currency that most of the bucket's orders (then of its other events) are in;
--   the other currencies stand in extra_metrics.other_currencies.
-- Reads orders, order_items, order_coupons, payments, refunds, order_returns, product_reviews
--   of [start, end).
-- Repeatable: the caller deletes the range first, in the same transaction.
WITH placed AS (
    SELECT date_trunc(%(grain)s, placed.event_time, 'UTC') AS bucket,
           coalesce(placed.user_id, placed.customer_id) AS user_id,
           placed.currency, placed.total_price, placed.total_discount,
           (SELECT count(*) FROM order_coupons AS used WHERE used.order_id = placed.id)
               AS coupons
      FROM orders AS placed
     WHERE placed.event_time >= %(start)s
       AND placed.event_time <  %(end)s
       AND placed.status <> 'cancelled'
       AND placed.deleted_at IS NULL
       AND EXISTS (SELECT FROM order_items AS item WHERE item.order_id = placed.id)
), given_back AS (
    SELECT refund.processed_at AS at, payment.order_id, refund.amount, refund.currency
      FROM refunds AS refund
      JOIN payments AS payment ON payment.id = refund.payment_id
     WHERE refund.processed_at >= %(start)s
       AND refund.processed_at <  %(end)s
       AND refund.status = 'succeeded'
    UNION ALL
    SELECT back.event_time, back.order_id, back.refund_total, NULL
      FROM order_returns AS back
     WHERE back.event_time >= %(start)s
       AND back.event_time <  %(end)s
       AND back.status = 'refunded'
       AND back.refund_total > 0
       AND NOT EXISTS (SELECT FROM refunds WHERE refunds.order_return_id = back.id)
), activity AS (
    SELECT bucket, user_id, currency, 1 AS orders, total_price AS order_value,
           total_discount AS discount_value, coupons, 0 AS paid, 0 AS failed,
           0 AS refunds, 0 AS refund_value, 0 AS reviews, 0 AS stars
      FROM placed
    UNION ALL
    SELECT date_trunc(%(grain)s, payment.event_time, 'UTC'),
           coalesce(placed.user_id, placed.customer_id), placed.currency, 0, 0, 0, 0,
           (payment.status <> 'failed')::int, (payment.status = 'failed')::int, 0, 0, 0, 0
      FROM payments AS payment
      JOIN orders AS placed ON placed.id = payment.order_id
     WHERE payment.event_time >= %(start)s
       AND payment.event_time <  %(end)s
       AND payment.status IN ('succeeded', 'partially_refunded', 'refunded', 'failed')
       -- A part of another order's payment is none of its own.
       AND NOT EXISTS (SELECT FROM refunds AS source WHERE source.became_id = payment.id)
    UNION ALL
    SELECT date_trunc(%(grain)s, given_back.at, 'UTC'),
           coalesce(placed.user_id, placed.customer_id), placed.currency, 0, 0, 0, 0,
           0, 0, 1, given_back.amount, 0, 0
      FROM given_back
      JOIN orders AS placed ON placed.id = given_back.order_id
     WHERE coalesce(given_back.currency, placed.currency) = placed.currency
    UNION ALL
    SELECT date_trunc(%(grain)s, review.event_time, 'UTC'),
           coalesce(review.user_id, review.customer_id), shop.currency, 0, 0, 0, 0,
           0, 0, 0, 0, 1, review.rating
      FROM product_reviews AS review
      JOIN shops AS shop ON shop.id = review.shop_id
     WHERE review.event_time >= %(start)s
       AND review.event_time <  %(end)s
       AND coalesce(review.user_id, review.customer_id) IS NOT NULL
), by_currency AS (
    SELECT bucket, user_id, currency, count(*) AS events, sum(orders) AS orders,
           sum(order_value) AS order_value, sum(discount_value) AS discount_value,
           sum(coupons) AS coupons, sum(paid) AS paid, sum(failed) AS failed,
           sum(refunds) AS refunds, sum(refund_value) AS refund_value,
           sum(reviews) AS reviews, sum(stars) AS stars
      FROM activity
     GROUP BY bucket, user_id, currency
), ranked AS (
    SELECT *, row_number() OVER (
               PARTITION BY bucket, user_id ORDER BY orders DESC, events DESC, currency
           ) AS place
      FROM by_currency
)
SELECT bucket AS event_time, user_id,
       max(currency) FILTER (WHERE place = 1) AS currency,
       sum(orders) AS order_count,
       sum(order_value) FILTER (WHERE place = 1) AS order_value,
       coalesce(round(sum(order_value) FILTER (WHERE place = 1)
                      / nullif(sum(orders) FILTER (WHERE place = 1), 0), 2), 0)
           AS average_order_value,
       sum(paid) AS payment_success_count,
       sum(failed) AS payment_failure_count,
       coalesce(round(sum(paid) / nullif(sum(paid) + sum(failed), 0), 4), 0)
           AS payment_success_rate,
       sum(reviews) AS review_count,
       coalesce(round(sum(stars) / nullif(sum(reviews), 0), 2), 0) AS average_rating,
       sum(coupons) AS promotion_usage_count,
       sum(discount_value) FILTER (WHERE place = 1) AS discount_value,
       sum(refunds) AS refund_count,
       sum(refund_value) FILTER (WHERE place = 1) AS refund_value,
       jsonb_strip_nulls(jsonb_build_object(
           'other_currencies',
           jsonb_object_agg(
               currency,
               jsonb_build_object(
                   'order_count', orders,
                   'order_value', order_value::numeric(12,2)::text,
                   'discount_value', discount_value::numeric(12,2)::text,
                   'refund_value', refund_value::numeric(12,2)::text
               )
           ) FILTER (WHERE place > 1)
       )) AS extra_metrics
  FROM ranked
 GROUP BY bucket, user_id
