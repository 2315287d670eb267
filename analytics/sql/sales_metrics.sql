-- The whole market.
-- Grain: (UTC day, currency). Unit: money in that currency.
-- Reads orders of [start, end), and earlier orders of the same customers in the same currency.
-- Repeatable: the caller deletes the range first, in the same transaction.
WITH placed AS (
    SELECT date_trunc('day', placed.event_time, 'UTC') AS bucket,
           placed.currency, placed.customer_id, placed.total_price
      FROM orders AS placed
     WHERE placed.event_time >= %(start)s
       AND placed.event_time <  %(end)s
       AND placed.status <> 'cancelled'
       AND placed.deleted_at IS NULL
       AND EXISTS (SELECT FROM order_items AS item WHERE item.order_id = placed.id)
), buyers AS (
    SELECT buyer.bucket, buyer.currency, count(*) AS customers,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM orders AS earlier
                WHERE earlier.customer_id = buyer.customer_id
                  AND earlier.currency = buyer.currency
                  AND earlier.event_time < buyer.bucket
                  AND earlier.status <> 'cancelled'
                  AND earlier.deleted_at IS NULL
                  AND EXISTS (SELECT FROM order_items AS item
                               WHERE item.order_id = earlier.id)
           )) AS returning
      FROM (SELECT DISTINCT bucket, currency, customer_id FROM placed) AS buyer
     GROUP BY buyer.bucket, buyer.currency
)
SELECT (bucket AT TIME ZONE 'UTC')::date AS date, currency,
       sum(placed.total_price) AS total_sales,
       count(*) AS order_count,
       round(sum(placed.total_price) / count(*), 2) AS average_order_value,
       max(buyers.customers) AS unique_customers,
       max(buyers.returning) AS returning_customers
  FROM placed
  JOIN buyers USING (bucket, currency)
 GROUP BY bucket, currency
