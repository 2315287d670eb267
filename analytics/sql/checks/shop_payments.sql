-- The payments of each shop and bucket, for --verify.
-- Grain: (event_time, shop_id). Reads payments, refunds and orders. Read only.
SELECT date_trunc(%(grain)s, p.event_time, 'UTC') AS event_time, o.shop_id,
       sum(CASE p.status WHEN 'failed' THEN 0 ELSE 1 END) AS payment_success_count,
       sum(CASE p.status WHEN 'failed' THEN 1 ELSE 0 END) AS payment_failure_count,
       round(avg(CASE p.status WHEN 'failed' THEN 0 ELSE 1 END), 4) AS payment_success_rate
  FROM payments AS p
  JOIN orders AS o ON o.id = p.order_id
  LEFT JOIN refunds AS source ON source.became_id = p.id
 WHERE source.id IS NULL AND p.event_time >= %(start)s AND p.event_time < %(end)s
   AND p.status NOT IN ('pending', 'requires_action', 'authorized', 'cancelled')
 GROUP BY 1, 2
