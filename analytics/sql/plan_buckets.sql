-- Makes runs of the buckets of a range in which anything happened or stands.
-- Grain: (rollup, bucket). Parameters as collect_marks.sql; `again`: also those already built.
-- Reads every raw table's instants and the rollups' own runs, within [start, end).
-- Repeatable: one row a bucket, however often planned.
WITH rollup AS (
    SELECT * FROM unnest(%(names)s::text[], %(grains)s::text[]) AS rollup(name, grain)
), moments AS (
    SELECT date_trunc('hour', event_time, 'UTC') AS hour FROM orders
     WHERE event_time >= %(start)s AND event_time < %(end)s
    UNION
    SELECT date_trunc('hour', event_time, 'UTC') FROM payments
     WHERE event_time >= %(start)s AND event_time < %(end)s
    UNION
    SELECT date_trunc('hour', processed_at, 'UTC') FROM refunds
     WHERE processed_at >= %(start)s AND processed_at < %(end)s
    UNION
    SELECT date_trunc('hour', event_time, 'UTC') FROM order_returns
     WHERE event_time >= %(start)s AND event_time < %(end)s
    UNION
    SELECT date_trunc('hour', event_time, 'UTC') FROM product_reviews
     WHERE event_time >= %(start)s AND event_time < %(end)s
    UNION
    SELECT date_trunc('hour', created_at, 'UTC') FROM inventory_logs
     WHERE created_at >= %(start)s AND created_at < %(end)s
    UNION
    SELECT date_trunc('hour', changed_at, 'UTC') FROM price_history
     WHERE changed_at >= %(start)s AND changed_at < %(end)s
), buckets AS (
    SELECT rollup.name, rollup.grain, date_trunc(rollup.grain, moments.hour, 'UTC') AS start
      FROM moments CROSS JOIN rollup
    UNION
    SELECT rollup.name, rollup.grain, run.period_start
      FROM rollup_runs AS run
      JOIN rollup ON rollup.name = run.rollup
     WHERE run.period_start >= %(start)s AND run.period_start < %(end)s
)
INSERT INTO rollup_runs (rollup, period_start, period_end, status)
SELECT name, start, start + ('1 ' || grain)::interval, 'pending' FROM buckets
    ON CONFLICT (rollup, period_start) DO UPDATE
       SET status = 'pending', started_at = NULL, finished_at = NULL, error = ''
     WHERE %(again)s
