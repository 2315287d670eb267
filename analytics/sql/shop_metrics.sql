-- What each shop sold, was paid, gave back and had in stock in each hour or day.
-- Grain: (bucket, shop_id); a bucket is a UTC hour or day, by %(grain)s, %(step)s long.
-- Unit: money in the shop's currency.
-- Reads orders, order_items, order_coupons, payments, refunds, order_returns, product_reviews
--   of [start, end); earlier orders of the same customers; the stock ledger up to the end; the
--   price history of what is in stock.
-- Repeatable: the caller deletes the range first, in the same transaction.
WITH placed AS (
    SELECT date_trunc(%(grain)s, placed.event_time, 'UTC') AS bucket,
           placed.id, placed.shop_id, placed.customer_id,
           placed.total_price, placed.total_discount,
           (SELECT count(*) FROM order_coupons AS used WHERE used.order_id = placed.id)
               AS coupons
      FROM orders AS placed
     WHERE placed.event_time >= %(start)s
       AND placed.event_time <  %(end)s
       AND placed.status <> 'cancelled'
       AND placed.deleted_at IS NULL
       AND EXISTS (SELECT FROM order_items AS item WHERE item.order_id = placed.id)
), sales AS (
    SELECT bucket, shop_id, count(*) AS orders, sum(total_price) AS revenue,
           sum(coupons) AS coupons, sum(total_discount) AS discount,
           coalesce(sum(total_price) FILTER (WHERE coupons > 0 OR total_discount > 0), 0)
               AS promoted
      FROM placed
     GROUP BY bucket, shop_id
), sold AS (
    SELECT placed.bucket, placed.shop_id, count(*) AS items, sum(item.quantity) AS units,
           count(DISTINCT item.product_id) AS products
      FROM placed
      JOIN order_items AS item ON item.order_id = placed.id
     GROUP BY placed.bucket, placed.shop_id
), buyers AS (
    SELECT buyer.bucket, buyer.shop_id, count(*) AS customers,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM orders AS earlier
                WHERE earlier.customer_id = buyer.customer_id
                  AND earlier.shop_id = buyer.shop_id
                  AND earlier.event_time < buyer.bucket
                  AND earlier.status <> 'cancelled'
                  AND earlier.deleted_at IS NULL
                  AND EXISTS (SELECT FROM order_items AS item
                               WHERE item.order_id = earlier.id)
           )) AS returning,
           array_agg(buyer.customer_id ORDER BY buyer.customer_id) AS sketch
      FROM (SELECT DISTINCT bucket, shop_id, customer_id FROM placed) AS buyer
     GROUP BY buyer.bucket, buyer.shop_id
), paid AS (
    SELECT date_trunc(%(grain)s, payment.event_time, 'UTC') AS bucket, placed.shop_id,
           count(*) FILTER (WHERE payment.status <> 'failed') AS succeeded,
           count(*) FILTER (WHERE payment.status = 'failed') AS failed
      FROM payments AS payment
      JOIN orders AS placed ON placed.id = payment.order_id
     WHERE payment.event_time >= %(start)s
       AND payment.event_time <  %(end)s
       AND payment.status IN ('succeeded', 'partially_refunded', 'refunded', 'failed')
       -- A part of another order's payment is none of its own.
       AND NOT EXISTS (SELECT FROM refunds AS source WHERE source.became_id = payment.id)
     GROUP BY 1, 2
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
), refunded AS (
    SELECT date_trunc(%(grain)s, given_back.at, 'UTC') AS bucket, placed.shop_id,
           count(*) AS refunds, sum(given_back.amount) AS amount
      FROM given_back
      JOIN orders AS placed ON placed.id = given_back.order_id
     WHERE coalesce(given_back.currency, placed.currency) = placed.currency
     GROUP BY 1, 2
), reviewed AS (
    SELECT date_trunc(%(grain)s, event_time, 'UTC') AS bucket, shop_id,
           count(*) AS reviews, round(avg(rating), 2) AS rating
      FROM product_reviews
     WHERE event_time >= %(start)s
       AND event_time <  %(end)s
     GROUP BY 1, 2
), shelved AS (
    SELECT date_trunc(%(grain)s, log.created_at, 'UTC') AS bucket, product.shop_id
      FROM inventory_logs AS log
      JOIN products AS product ON product.id = log.product_id
     WHERE log.created_at >= %(start)s
       AND log.created_at <  %(end)s
    UNION
    SELECT date_trunc(%(grain)s, change.changed_at, 'UTC'), product.shop_id
      FROM price_history AS change
      JOIN products AS product ON product.id = change.product_id
     WHERE change.changed_at >= %(start)s
       AND change.changed_at <  %(end)s
), buckets AS (
    SELECT bucket, shop_id FROM sales
    UNION SELECT bucket, shop_id FROM paid
    UNION SELECT bucket, shop_id FROM refunded
    UNION SELECT bucket, shop_id FROM reviewed
    UNION SELECT bucket, shop_id FROM shelved
-- Stock and its worth: what a variant's level and price change, bucket after bucket. All that
-- came before the start is one opening bucket.
), moves AS (
    SELECT product.shop_id, log.variant_id,
           CASE WHEN log.created_at < %(start)s THEN %(start)s::timestamptz - %(step)s::interval
                ELSE date_trunc(%(grain)s, log.created_at, 'UTC') END AS bucket,
           sum(log.adjustment) AS units
      FROM inventory_logs AS log
      JOIN products AS product ON product.id = log.product_id
     WHERE log.created_at < %(end)s
       AND product.shop_id IN (SELECT shop_id FROM buckets)
     GROUP BY 1, 2, 3
), stocked AS (
    SELECT DISTINCT shop_id, variant_id FROM moves
), priced AS (
    SELECT change.variant_id, change.new_price AS price, change.changed_at AS since,
           coalesce(lead(change.changed_at) OVER later, 'infinity') AS until
      FROM price_history AS change
     WHERE change.variant_id IN (SELECT variant_id FROM stocked)
    WINDOW later AS (PARTITION BY change.variant_id ORDER BY change.changed_at, change.id)
    UNION ALL
    SELECT first.variant_id, first.old_price, '-infinity', first.changed_at
      FROM (SELECT DISTINCT ON (variant_id) variant_id, old_price, changed_at
              FROM price_history
             WHERE variant_id IN (SELECT variant_id FROM stocked)
             ORDER BY variant_id, changed_at, id) AS first
     WHERE first.old_price IS NOT NULL
    UNION ALL
    SELECT variant.id, variant.price, '-infinity', 'infinity'
      FROM product_variants AS variant
     WHERE variant.id IN (SELECT variant_id FROM stocked)
       AND NOT EXISTS (SELECT FROM price_history AS change
                        WHERE change.variant_id = variant.id)
), points AS (
    SELECT shop_id, variant_id, bucket, sum(units) AS units
      FROM (SELECT shop_id, variant_id, bucket, units FROM moves
            UNION ALL
            SELECT stocked.shop_id, stocked.variant_id,
                   date_trunc(%(grain)s, priced.since, 'UTC'), 0
              FROM priced
              JOIN stocked ON stocked.variant_id = priced.variant_id
             WHERE priced.since >= %(start)s
               AND priced.since <  %(end)s) AS point
     GROUP BY shop_id, variant_id, bucket
), worth AS (
    SELECT point.shop_id, point.variant_id, point.bucket, point.units,
           coalesce(priced.price, 0) * sum(point.units) OVER (
               PARTITION BY point.variant_id ORDER BY point.bucket
           ) AS value
      FROM points AS point
      LEFT JOIN priced ON priced.variant_id = point.variant_id
                      AND priced.since <  point.bucket + %(step)s::interval
                      AND priced.until >= point.bucket + %(step)s::interval
), shelf AS (
    SELECT shop_id, bucket, sum(units) AS units, sum(value - before) AS value
      FROM (SELECT *, coalesce(lag(value) OVER (
                       PARTITION BY variant_id ORDER BY bucket), 0) AS before
              FROM worth) AS step
     GROUP BY shop_id, bucket
), stock AS (
    SELECT shop_id, bucket, coalesce(shelf.units, 0) AS change,
           sum(coalesce(shelf.units, 0)) OVER so_far AS units,
           sum(coalesce(shelf.value, 0)) OVER so_far AS value
      FROM buckets
      FULL JOIN shelf USING (shop_id, bucket)
    WINDOW so_far AS (PARTITION BY shop_id ORDER BY bucket)
)
SELECT bucket AS event_time, shop_id, shop.currency,
       coalesce(sales.orders, 0) AS order_count,
       coalesce(sold.items, 0) AS item_count,
       coalesce(sales.revenue, 0) AS revenue,
       coalesce(round(sales.revenue / sales.orders, 2), 0) AS average_order_value,
       coalesce(buyers.customers, 0) AS unique_customers,
       coalesce(buyers.customers - buyers.returning, 0) AS new_customers,
       coalesce(buyers.returning, 0) AS returning_customers,
       coalesce(buyers.sketch, '{}') AS customer_sketch,
       coalesce(sold.products, 0) AS product_count_sold,
       coalesce(reviewed.reviews, 0) AS review_count,
       coalesce(reviewed.rating, 0) AS average_rating,
       coalesce(sales.coupons, 0) AS promotion_usage_count,
       coalesce(sales.discount, 0) AS promotion_discount,
       coalesce(sales.promoted, 0) AS promotion_revenue,
       stock.value AS inventory_value,
       stock.units AS inventory_units,
       -- Against the mean of what stood there at the start and at the end.
       CASE WHEN 2 * stock.units - stock.change > 0
            THEN round(2.0 * coalesce(sold.units, 0) / (2 * stock.units - stock.change), 4)
            ELSE 0 END AS inventory_turnover,
       coalesce(paid.succeeded, 0) AS payment_success_count,
       coalesce(paid.failed, 0) AS payment_failure_count,
       coalesce(round(paid.succeeded::numeric / (paid.succeeded + paid.failed), 4), 0)
           AS payment_success_rate,
       coalesce(refunded.refunds, 0) AS refund_count,
       coalesce(refunded.amount, 0) AS refund_value,
       CASE WHEN sold.units IS NULL THEN '{}'
            ELSE jsonb_build_object('units_sold', sold.units) END AS extra_metrics
  FROM buckets
  JOIN shops AS shop ON shop.id = buckets.shop_id
  JOIN stock USING (bucket, shop_id)
  LEFT JOIN sales USING (bucket, shop_id)
  LEFT JOIN sold USING (bucket, shop_id)
  LEFT JOIN buyers USING (bucket, shop_id)
  LEFT JOIN paid USING (bucket, shop_id)
  LEFT JOIN refunded USING (bucket, shop_id)
  LEFT JOIN reviewed USING (bucket, shop_id)
