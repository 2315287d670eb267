-- Buckets of a shop rollup that a changed set of buyers makes wrong: where a customer who came
-- to, or went from, a shop in [start, end) ordered there next, they are new or returning anew.
-- Grain: bucket. Reads the shop rows just written, rollup_before (the rows they replaced), and
--   the customers' next orders.
-- Repeatable: a run made pending again stays one row.
WITH before AS (
    SELECT event_time, shop_id, unnest(customer_sketch) AS customer_id FROM rollup_before
), after AS (
    SELECT event_time, shop_id, unnest(customer_sketch) AS customer_id
      FROM {table}
     WHERE event_time >= %(start)s
       AND event_time <  %(end)s
), changed AS (
    (TABLE before EXCEPT TABLE after) UNION (TABLE after EXCEPT TABLE before)
), next AS (
    SELECT DISTINCT date_trunc(%(grain)s, later.event_time, 'UTC') AS bucket
      FROM changed
      JOIN shops AS shop ON shop.id = changed.shop_id
     CROSS JOIN LATERAL (
               SELECT placed.event_time
                 FROM orders AS placed
                WHERE placed.customer_id = changed.customer_id
                  AND placed.{scope} = {its}
                  AND placed.event_time >= changed.event_time + %(step)s::interval
                  AND placed.status <> 'cancelled'
                  AND placed.deleted_at IS NULL
                  AND EXISTS (SELECT FROM order_items AS item
                               WHERE item.order_id = placed.id)
                ORDER BY placed.event_time
                LIMIT 1) AS later
)
INSERT INTO rollup_runs (rollup, period_start, period_end, status)
SELECT %(rollup)s, bucket, bucket + %(step)s::interval, 'pending'
  FROM next
 WHERE NOT (%(rollup)s = %(built)s AND bucket >= %(start)s AND bucket < %(end)s)
    ON CONFLICT (rollup, period_start) DO UPDATE
       SET status = 'pending', started_at = NULL, finished_at = NULL, error = ''
