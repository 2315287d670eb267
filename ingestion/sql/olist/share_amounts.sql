-- Each payment of a checkout shared among its orders by their totals, in cents, by largest
-- remainder; of equal remainders the earlier order gets the cent. Orders of 0.00 alone share evenly.
-- Grain: a payment (transaction) and order. Unit: BRL. Reads touched, payments, orders.
-- Makes the temporary table share.
CREATE TEMP TABLE share ON COMMIT DROP AS
WITH whole AS (
    SELECT payment.checkout_id, payment.gateway_transaction_id AS transaction,
           (sum(payment.amount) * 100)::bigint AS cents,
           min(payment.event_time) AS paid_at, min(payment.status) AS status,
           (array_agg(payment.gateway_response ORDER BY payment.id))[1] AS response
      FROM payments AS payment
     WHERE payment.checkout_id IN (SELECT checkout_id FROM touched)
       AND payment.gateway = %(source)s
     GROUP BY payment.checkout_id, payment.gateway_transaction_id
), weighed AS (
    SELECT placed.checkout_id, placed.id AS order_id, placed.event_time,
           CASE WHEN sum(placed.total_price) OVER checkout = 0 THEN 1
                ELSE (placed.total_price * 100)::bigint END AS weight,
           count(*) OVER checkout AS orders
      FROM orders AS placed
     WHERE placed.checkout_id IN (SELECT checkout_id FROM whole)
    WINDOW checkout AS (PARTITION BY placed.checkout_id)
), due AS (
    SELECT whole.*, weighed.order_id, weighed.orders,
           whole.cents * weighed.weight / sum(weighed.weight) OVER transaction AS exact,
           floor(whole.cents * weighed.weight
                 / sum(weighed.weight) OVER transaction) AS floored
      FROM whole
      JOIN weighed USING (checkout_id)
    WINDOW transaction AS (PARTITION BY whole.transaction)
)
SELECT checkout_id, transaction, order_id, paid_at, status, response, orders,
       (floored + CASE WHEN row_number() OVER (
                                PARTITION BY transaction
                                ORDER BY exact - floored DESC, order_id)
                            <= cents - sum(floored) OVER (PARTITION BY transaction)
                       THEN 1 ELSE 0 END) / 100 AS amount
  FROM due;
ANALYZE share
