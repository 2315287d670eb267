-- Shares of orders that had none.
-- Grain: a share. Unit: BRL. Reads share. Repeatable: one share an order and transaction.
WITH made AS (
    INSERT INTO payments (id, event_time, order_id, checkout_id, amount, currency, status,
                          gateway, gateway_transaction_id, gateway_response, processed_at)
    SELECT uuidv7(paid_at - clock_timestamp()), paid_at, order_id, checkout_id, amount,
           'BRL', status, %(source)s, transaction, response, paid_at
      FROM share
     WHERE orders > 1
       AND NOT EXISTS (SELECT FROM payments AS own
                        WHERE own.gateway = %(source)s
                          AND own.gateway_transaction_id = share.transaction
                          AND own.order_id = share.order_id)
     ORDER BY transaction, order_id
    ON CONFLICT (gateway, gateway_transaction_id, order_id)
       WHERE gateway_transaction_id <> '' DO NOTHING
    RETURNING id, checkout_id
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT touched.line, 'payment', made.id, 'created'
  FROM made
  JOIN touched USING (checkout_id)
