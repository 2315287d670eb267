-- The stock of each product and bucket, and the minutes without any, for --verify.
-- Grain: (event_time, product_id), of the stored rows. Unit: units; whole minutes.
-- Written apart from product_metrics.sql: every row reads the whole ledger before its end anew.
-- Reads the stored rows and inventory_logs. Read only.
SELECT stored.event_time, stored.product_id,
       ledger.level AS inventory_level, ledger.change AS inventory_change,
       ledger.empty_minutes AS stockout_minutes
  FROM {table} AS stored
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(adjustment), 0) AS level,
              coalesce(sum(adjustment) FILTER (WHERE created_at >= stored.event_time), 0)
                  AS change,
              coalesce(trunc(sum(extract(epoch FROM
                  greatest(until, stored.event_time)
                  - greatest(created_at, stored.event_time)))
                  FILTER (WHERE so_far <= 0) / 60), 0) AS empty_minutes
         FROM (SELECT created_at, adjustment,
                      sum(adjustment) OVER ledger AS so_far,
                      coalesce(lead(created_at) OVER ledger,
                               stored.event_time + %(step)s::interval) AS until
                 FROM inventory_logs AS log
                WHERE log.product_id = stored.product_id
                  AND log.created_at < stored.event_time + %(step)s::interval
               WINDOW ledger AS (ORDER BY created_at, id)) AS movement) AS ledger
 WHERE stored.event_time >= %(start)s AND stored.event_time < %(end)s
