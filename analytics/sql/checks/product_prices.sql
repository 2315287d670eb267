-- The prices of each product and bucket, for --verify.
-- Grain: (event_time, product_id), of the stored rows. Unit: the product's currency.
-- Written apart from product_metrics.sql: each variant's price is looked up at the bucket's two
--   ends, with the changes between them, instead of joining the spans of all prices.
-- Reads the stored rows, price_history, product_variants. Read only.
SELECT stored.event_time, stored.product_id,
       coalesce(min(price.at_start), (array_agg(price.first ORDER BY price.first_at, price.first)
                                      FILTER (WHERE price.first IS NOT NULL))[1], 0)
           AS price_open,
       coalesce(min(price.at_end), 0) AS price_close,
       coalesce(least(min(price.at_start), min(price.lowest)), 0) AS price_min,
       coalesce(greatest(max(price.at_start), max(price.highest)), 0) AS price_max,
       coalesce(sum(price.changes), 0) AS price_change_count
  FROM {table} AS stored
  LEFT JOIN LATERAL (
       SELECT variant_id,
              CASE WHEN count(changed_at) = 0 THEN min(present)
                   WHEN count(*) FILTER (WHERE changed_at < stored.event_time) > 0
                   THEN (array_agg(new_price ORDER BY changed_at DESC, id DESC)
                         FILTER (WHERE changed_at < stored.event_time))[1]
                   ELSE (array_agg(old_price ORDER BY changed_at, id))[1] END AS at_start,
              CASE WHEN count(changed_at) = 0 THEN min(present)
                   WHEN count(*) FILTER (WHERE changed_at < stored.event_time
                                                            + %(step)s::interval) > 0
                   THEN (array_agg(new_price ORDER BY changed_at DESC, id DESC)
                         FILTER (WHERE changed_at < stored.event_time
                                                    + %(step)s::interval))[1]
                   ELSE (array_agg(old_price ORDER BY changed_at, id))[1] END AS at_end,
              min(new_price) FILTER (WHERE within) AS lowest,
              max(new_price) FILTER (WHERE within) AS highest,
              (array_agg(new_price ORDER BY changed_at, id) FILTER (WHERE within))[1] AS first,
              min(changed_at) FILTER (WHERE within) AS first_at,
              count(*) FILTER (WHERE within_any AND old_price <> new_price) AS changes
         FROM (SELECT change.variant_id, change.changed_at, change.id, change.old_price,
                      change.new_price, NULL::numeric AS present,
                      change.changed_at >= stored.event_time
                      AND change.changed_at < stored.event_time + %(step)s::interval
                          AS within_any,
                      change.changed_at >= stored.event_time
                      AND change.changed_at < stored.event_time + %(step)s::interval
                      AND change.changed_at IS DISTINCT FROM lead(change.changed_at) OVER (
                          PARTITION BY change.variant_id
                              ORDER BY change.changed_at, change.id) AS within
                 FROM price_history AS change
                WHERE change.product_id = stored.product_id
               UNION ALL
               SELECT variant.id, NULL, NULL, NULL, NULL, variant.price, false, false
                 FROM product_variants AS variant
                WHERE variant.product_id = stored.product_id) AS record
        GROUP BY variant_id) AS price ON true
 WHERE stored.event_time >= %(start)s AND stored.event_time < %(end)s
 GROUP BY stored.event_time, stored.product_id
