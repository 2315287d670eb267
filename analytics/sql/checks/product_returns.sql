-- What of each product came back in each bucket, for --verify.
-- Grain: (event_time, product_id). Reads order_return_items and order_returns. Read only.
SELECT date_trunc(%(grain)s, t.event_time, 'UTC') AS event_time, line.product_id,
       count(DISTINCT line.order_return_id) AS refund_count,
       sum(line.quantity * line.price) AS refund_value
  FROM order_return_items AS line
  JOIN order_returns AS t ON t.id = line.order_return_id
 WHERE t.event_time >= %(start)s AND t.event_time < %(end)s AND t.status = 'refunded'
 GROUP BY 1, 2
