-- Units in stock, their worth, and how often they turned over, for --verify.
-- Grain: (event_time, shop_id), of the stored rows. Unit: the shop's currency.
-- Written apart from shop_metrics.sql: every movement and every change of price changes the
--   worth at its own instant, and a row sums all that came before its end; no buckets.
-- Reads the stored rows, all inventory_logs and price_history before the end,
--   product_variants, products, orders, order_items. Read only.
WITH event AS (
    SELECT log.variant_id, log.product_id, log.created_at AS at, 1 AS turn, log.id,
           log.adjustment AS units, NULL::numeric AS price
      FROM inventory_logs AS log
     WHERE log.created_at < %(end)s
    UNION ALL
    SELECT change.variant_id, change.product_id, change.changed_at, 1, change.id, 0,
           change.new_price
      FROM price_history AS change
     WHERE change.changed_at < %(end)s
    UNION ALL
    SELECT ledger.variant_id, ledger.product_id, '-infinity', 0, NULL, 0,
           CASE WHEN first.variant_id IS NULL THEN coalesce(variant.price, 0)
                ELSE coalesce(first.old_price, 0) END
      FROM (SELECT DISTINCT variant_id, product_id FROM inventory_logs
             WHERE created_at < %(end)s) AS ledger
      LEFT JOIN product_variants AS variant ON variant.id = ledger.variant_id
      LEFT JOIN (SELECT DISTINCT ON (variant_id) variant_id, old_price FROM price_history
                  ORDER BY variant_id, changed_at, id) AS first
             ON first.variant_id = ledger.variant_id
), counted AS (
    SELECT *, sum(units) OVER past AS level, count(price) OVER past AS prices
      FROM event
    WINDOW past AS (PARTITION BY variant_id ORDER BY at, turn, id
                    ROWS UNBOUNDED PRECEDING)
), valued AS (
    SELECT *, level * coalesce(max(price) OVER (PARTITION BY variant_id, prices), 0) AS value
      FROM counted
), flow AS (
    SELECT product.shop_id, valued.at, 1 AS turn, valued.units,
           valued.value - coalesce(lag(valued.value) OVER (
               PARTITION BY valued.variant_id ORDER BY valued.at, valued.turn, valued.id), 0)
               AS value,
           NULL::timestamptz AS event_time, false AS is_end
      FROM valued
      JOIN products AS product ON product.id = valued.product_id
    UNION ALL
    SELECT shop_id, event_time + %(step)s::interval, 0, 0, 0, event_time, true
      FROM {table} WHERE event_time >= %(start)s AND event_time < %(end)s
    UNION ALL
    SELECT shop_id, event_time, 0, 0, 0, event_time, false
      FROM {table} WHERE event_time >= %(start)s AND event_time < %(end)s
), summed AS (
    SELECT shop_id, event_time, is_end,
           sum(units) OVER past AS units, sum(value) OVER past AS value
      FROM flow
    WINDOW past AS (PARTITION BY shop_id ORDER BY at, turn)
), sold AS (
    SELECT date_trunc(%(grain)s, o.event_time, 'UTC') AS event_time, o.shop_id,
           sum(item.quantity) AS units
      FROM order_items AS item
      JOIN orders AS o ON o.id = item.order_id
     WHERE o.event_time >= %(start)s AND o.event_time < %(end)s
       AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
       AND o.deleted_at IS NULL
     GROUP BY 1, 2
)
SELECT summed.event_time, summed.shop_id,
       max(summed.units) FILTER (WHERE is_end) AS inventory_units,
       max(summed.value) FILTER (WHERE is_end) AS inventory_value,
       CASE WHEN sum(summed.units) > 0
            THEN round(coalesce(max(sold.units), 0) / (sum(summed.units) / 2.0), 4)
            ELSE 0 END AS inventory_turnover
  FROM summed
  LEFT JOIN sold USING (event_time, shop_id)
 WHERE summed.event_time IS NOT NULL
 GROUP BY summed.event_time, summed.shop_id
