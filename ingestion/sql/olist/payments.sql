-- Payments as they came: the whole amount on the first order of the checkout, to be shared next.
-- Grain: a payment (transaction). Unit: BRL. Reads paid, payments.
-- Repeatable: one that is shared already is compared by the sum of its shares.
WITH stored AS (
    SELECT payment.gateway_transaction_id AS transaction, sum(payment.amount) AS amount,
           min(payment.status) AS status,
           (array_agg(payment.gateway_response ORDER BY payment.id))[1] AS response
      FROM payments AS payment
     WHERE payment.gateway = %(source)s
       AND payment.gateway_transaction_id IN (SELECT transaction FROM paid)
     GROUP BY payment.gateway_transaction_id
), saved AS (
    INSERT INTO payments (id, event_time, order_id, checkout_id, amount, currency, status,
                          gateway, gateway_transaction_id, gateway_response, processed_at)
    SELECT uuidv7(paid.paid_at - clock_timestamp()), paid.paid_at, paid.order_id,
           paid.checkout_id, paid.amount, 'BRL', paid.status, %(source)s,
           paid.transaction, paid.response, paid.paid_at
      FROM paid
      LEFT JOIN stored USING (transaction)
     WHERE stored.transaction IS NULL
     ORDER BY paid.transaction
    ON CONFLICT (gateway, gateway_transaction_id, order_id)
       WHERE gateway_transaction_id <> '' DO NOTHING
    RETURNING id, gateway_transaction_id
), corrected AS (
    -- The first share takes the difference; sharing spreads it anew.
    UPDATE payments
       SET amount = payments.amount + paid.amount - stored.amount, status = paid.status,
           gateway_response = paid.response, updated_at = now()
      FROM paid
      JOIN stored USING (transaction)
     WHERE payments.gateway = %(source)s
       AND payments.gateway_transaction_id = paid.transaction
       AND payments.order_id = paid.order_id
       AND (stored.amount, stored.status, stored.response)
           IS DISTINCT FROM (paid.amount, paid.status, paid.response)
    RETURNING payments.id, paid.line,
              jsonb_build_object('amount', old.amount, 'status', old.status,
                                 'gateway_response', old.gateway_response) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT paid.line, 'payment', saved.id, 'created', NULL
  FROM saved
  JOIN paid ON paid.transaction = saved.gateway_transaction_id
UNION ALL
SELECT line, 'payment', id, 'updated', previous FROM corrected
