-- Sales per product of one or more months, for long ranges of the dashboard.
-- Grain: (month, product_id). Unit: money in the product's currency.
-- Reads sales_aggregates_daily of the months that hold a day of [start_date, end_date).
-- Repeatable: the caller deletes these months first, in the same transaction.
SELECT date_trunc('month', day.date)::date AS month, day.product_id, day.currency,
       sum(day.total_revenue) AS total_revenue, sum(day.total_units) AS total_units
  FROM sales_aggregates_daily AS day
 WHERE day.date >= date_trunc('month', %(start_date)s::timestamp)::date
   AND day.date < (date_trunc('month', %(end_date)s::timestamp - interval '1 day')
                   + interval '1 month')::date
 GROUP BY 1, 2, 3
