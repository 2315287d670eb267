-- What each shop gave back in each bucket, for --verify.
-- Grain: (event_time, shop_id). Unit: the shop's currency.
-- Reads refunds, payments, order_returns, orders. Read only.
SELECT date_trunc(%(grain)s, back.at, 'UTC') AS event_time, back.shop_id,
       count(*) AS refund_count, sum(back.amount) AS refund_value
  FROM (SELECT paid.shop_id, r.processed_at AS at, r.amount
          FROM refunds AS r
          JOIN payments AS p ON p.id = r.payment_id
          JOIN orders AS paid ON paid.id = p.order_id AND paid.currency = r.currency
         WHERE r.status = 'succeeded'
        UNION ALL
        SELECT o.shop_id, t.event_time, t.refund_total
          FROM order_returns AS t
          JOIN orders AS o ON o.id = t.order_id
          LEFT JOIN refunds AS r ON r.order_return_id = t.id
         WHERE t.status = 'refunded' AND t.refund_total <> 0 AND r.id IS NULL) AS back
 WHERE back.at >= %(start)s AND back.at < %(end)s
 GROUP BY 1, 2
