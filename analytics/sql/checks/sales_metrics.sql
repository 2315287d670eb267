-- The whole market by day and currency, for --verify.
-- Grain: (date, currency). Written apart from sales_metrics.sql one folder up: by each
--   customer's first order of all time in the currency.
-- Reads all orders and order_items. Read only.
WITH counted AS (
    SELECT o.currency, o.customer_id, o.total_price,
           (o.event_time AT TIME ZONE 'UTC')::date AS date,
           min((o.event_time AT TIME ZONE 'UTC')::date) OVER (
               PARTITION BY o.currency, o.customer_id) AS first_date
      FROM orders AS o
     WHERE o.id IN (SELECT order_id FROM order_items)
       AND o.status IN ('pending', 'processing', 'shipped', 'delivered', 'refunded')
       AND o.deleted_at IS NULL
)
SELECT date, currency,
       sum(total_price) AS total_sales,
       count(*) AS order_count,
       round(avg(total_price), 2) AS average_order_value,
       count(DISTINCT customer_id) AS unique_customers,
       count(DISTINCT customer_id) FILTER (WHERE first_date < date) AS returning_customers
  FROM counted
 WHERE date >= %(start_date)s AND date < %(end_date)s
 GROUP BY date, currency
