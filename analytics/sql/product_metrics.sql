-- What each product sold, cost, had in stock and was said of in each hour or day.
-- Grain: (bucket, product_id); a bucket is a UTC hour or day, by %(grain)s, %(step)s long.
-- Unit: money in the product's currency; stockout_minutes in whole minutes.
-- Reads orders, order_items, order_returns, order_return_items, product_reviews of [start, end);
--   the stock ledger up to the end; the price history of the products it finds.
-- Repeatable: the caller deletes the range first, in the same transaction.
WITH sold AS (
    SELECT date_trunc(%(grain)s, placed.event_time, 'UTC') AS bucket, item.product_id,
           sum(item.quantity) AS units, count(DISTINCT placed.id) AS orders,
           sum(item.subtotal - item.total_discount) AS revenue,
           count(DISTINCT placed.customer_id) AS customers,
           coalesce(sum(item.quantity) FILTER (WHERE item.total_discount > 0), 0)
               AS promotion_units,
           sum(item.total_discount) AS promotion_discount,
           coalesce(sum(item.subtotal - item.total_discount)
                    FILTER (WHERE item.total_discount > 0), 0) AS promotion_revenue
      FROM orders AS placed
      JOIN order_items AS item ON item.order_id = placed.id
     WHERE placed.event_time >= %(start)s
       AND placed.event_time <  %(end)s
       AND placed.status <> 'cancelled'
       AND placed.deleted_at IS NULL
     GROUP BY 1, 2
), returned AS (
    SELECT date_trunc(%(grain)s, back.event_time, 'UTC') AS bucket, line.product_id,
           count(DISTINCT back.id) AS returns, sum(line.amount) AS amount
      FROM order_returns AS back
      JOIN order_return_items AS line ON line.order_return_id = back.id
     WHERE back.event_time >= %(start)s
       AND back.event_time <  %(end)s
       AND back.status = 'refunded'
     GROUP BY 1, 2
), reviewed AS (
    SELECT date_trunc(%(grain)s, event_time, 'UTC') AS bucket, product_id,
           count(*) AS reviews, round(avg(rating), 2) AS rating
      FROM product_reviews
     WHERE event_time >= %(start)s
       AND event_time <  %(end)s
       AND product_id IS NOT NULL
     GROUP BY 1, 2
), moved AS (
    SELECT date_trunc(%(grain)s, created_at, 'UTC') AS bucket, product_id,
           sum(adjustment) AS units
      FROM inventory_logs
     WHERE created_at >= %(start)s
       AND created_at <  %(end)s
     GROUP BY 1, 2
), repriced AS (
    SELECT date_trunc(%(grain)s, changed_at, 'UTC') AS bucket, product_id,
           count(*) FILTER (WHERE old_price <> new_price) AS changes
      FROM price_history
     WHERE changed_at >= %(start)s
       AND changed_at <  %(end)s
     GROUP BY 1, 2
), buckets AS (
    SELECT bucket, product_id FROM sold
    UNION SELECT bucket, product_id FROM returned
    UNION SELECT bucket, product_id FROM reviewed
    UNION SELECT bucket, product_id FROM moved
    UNION SELECT bucket, product_id FROM repriced
), found AS (
    SELECT DISTINCT product_id FROM buckets
), opening AS (
    SELECT product_id, sum(adjustment) AS units
      FROM inventory_logs
     WHERE created_at < %(start)s
       AND product_id IN (SELECT product_id FROM found)
     GROUP BY product_id
), stock AS (
    SELECT bucket, product_id, coalesce(moved.units, 0) AS change,
           coalesce(opening.units, 0) + sum(coalesce(moved.units, 0)) OVER (
               PARTITION BY product_id ORDER BY bucket
           ) AS level
      FROM buckets
      LEFT JOIN moved USING (bucket, product_id)
      LEFT JOIN opening USING (product_id)
-- The level of a product between two movements, from its first line in the ledger on.
), spells AS (
    SELECT product_id, at AS since,
           coalesce(lead(at) OVER following, %(end)s::timestamptz) AS until,
           sum(units) OVER following AS level
      FROM (SELECT product_id, %(start)s::timestamptz AS at, 0 AS turn, units, NULL::uuid AS id
              FROM opening
            UNION ALL
            SELECT product_id, created_at, 1, adjustment, id
              FROM inventory_logs
             WHERE created_at >= %(start)s
               AND created_at <  %(end)s) AS movement
    WINDOW following AS (PARTITION BY product_id ORDER BY at, turn, id)
), out_of_stock AS (
    SELECT buckets.bucket, buckets.product_id,
           sum(least(spell.until, buckets.bucket + %(step)s::interval)
               - greatest(spell.since, buckets.bucket)) AS lasted
      FROM buckets
      JOIN spells AS spell ON spell.product_id = buckets.product_id
                          AND spell.since < buckets.bucket + %(step)s::interval
                          AND spell.until > buckets.bucket
     WHERE spell.level <= 0
     GROUP BY buckets.bucket, buckets.product_id
-- The price of a variant between two changes; the present one where none was ever recorded.
), priced AS (
    SELECT change.product_id, change.new_price AS price, change.changed_at AS since,
           coalesce(lead(change.changed_at) OVER later, 'infinity') AS until
      FROM price_history AS change
     WHERE change.product_id IN (SELECT product_id FROM found)
    WINDOW later AS (PARTITION BY change.variant_id ORDER BY change.changed_at, change.id)
    UNION ALL
    SELECT first.product_id, first.old_price, '-infinity', first.changed_at
      FROM (SELECT DISTINCT ON (variant_id) product_id, old_price, changed_at
              FROM price_history
             WHERE product_id IN (SELECT product_id FROM found)
             ORDER BY variant_id, changed_at, id) AS first
     WHERE first.old_price IS NOT NULL
    UNION ALL
    SELECT variant.product_id, variant.price, '-infinity', 'infinity'
      FROM product_variants AS variant
     WHERE variant.product_id IN (SELECT product_id FROM found)
       AND NOT EXISTS (SELECT FROM price_history AS change
                        WHERE change.variant_id = variant.id)
), prices AS (
    SELECT buckets.bucket, buckets.product_id,
           min(priced.price) FILTER (WHERE priced.since < buckets.bucket
                                       AND priced.until >= buckets.bucket) AS at_start,
           (array_agg(priced.price ORDER BY priced.since, priced.price))[1] AS first,
           min(priced.price) FILTER (
               WHERE priced.until >= buckets.bucket + %(step)s::interval) AS at_end,
           min(priced.price) AS lowest, max(priced.price) AS highest
      FROM buckets
      JOIN priced ON priced.product_id = buckets.product_id
                 AND priced.since < buckets.bucket + %(step)s::interval
                 AND priced.until >= buckets.bucket
                 AND priced.since < priced.until
     GROUP BY buckets.bucket, buckets.product_id
)
SELECT bucket AS event_time, product_id, product.shop_id, product.currency,
       coalesce(sold.units, 0) AS units_sold,
       coalesce(sold.orders, 0) AS order_count,
       coalesce(sold.revenue, 0) AS revenue,
       coalesce(sold.customers, 0) AS unique_customers,
       stock.level AS inventory_level,
       stock.change AS inventory_change,
       coalesce(floor(extract(epoch FROM out_of_stock.lasted) / 60), 0)
           AS stockout_minutes,
       coalesce(prices.at_start, prices.first, 0) AS price_open,
       coalesce(prices.at_end, 0) AS price_close,
       coalesce(prices.lowest, 0) AS price_min,
       coalesce(prices.highest, 0) AS price_max,
       coalesce(repriced.changes, 0) AS price_change_count,
       coalesce(reviewed.reviews, 0) AS review_count,
       coalesce(reviewed.rating, 0) AS average_rating,
       coalesce(sold.promotion_units, 0) AS promotion_units,
       coalesce(sold.promotion_discount, 0) AS promotion_discount,
       coalesce(sold.promotion_revenue, 0) AS promotion_revenue,
       coalesce(returned.returns, 0) AS refund_count,
       coalesce(returned.amount, 0) AS refund_value
  FROM buckets
  JOIN products AS product ON product.id = buckets.product_id
  JOIN stock USING (bucket, product_id)
  LEFT JOIN sold USING (bucket, product_id)
  LEFT JOIN returned USING (bucket, product_id)
  LEFT JOIN reviewed USING (bucket, product_id)
  LEFT JOIN repriced USING (bucket, product_id)
  LEFT JOIN out_of_stock USING (bucket, product_id)
  LEFT JOIN prices USING (bucket, product_id)
