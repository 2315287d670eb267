-- What each user was given back in each bucket, for --verify.
-- Grain: (event_time, user_id). Values of the row's own currency only.
-- Reads refunds, payments, order_returns, orders, and the stored rows. Read only.
SELECT date_trunc(%(grain)s, back.at, 'UTC') AS event_time,
       coalesce(o.user_id, o.customer_id) AS user_id,
       count(*) AS refund_count,
       coalesce(sum(back.amount) FILTER (WHERE o.currency = stored.currency), 0)
           AS refund_value
  FROM (SELECT p.order_id, r.processed_at AS at, r.amount
          FROM refunds AS r
          JOIN payments AS p ON p.id = r.payment_id
          JOIN orders AS paid ON paid.id = p.order_id AND paid.currency = r.currency
         WHERE r.status = 'succeeded'
        UNION ALL
        SELECT t.order_id, t.event_time, t.refund_total
          FROM order_returns AS t
          LEFT JOIN refunds AS r ON r.order_return_id = t.id
         WHERE t.status = 'refunded' AND t.refund_total <> 0 AND r.id IS NULL) AS back
  JOIN orders AS o ON o.id = back.order_id
  LEFT JOIN {table} AS stored
         ON stored.user_id = coalesce(o.user_id, o.customer_id)
        AND stored.event_time = date_trunc(%(grain)s, back.at, 'UTC')
        AND stored.event_time >= %(start)s AND stored.event_time < %(end)s
 WHERE back.at >= %(start)s AND back.at < %(end)s
 GROUP BY 1, 2
