-- How most of an order's money came.
-- Grain: an order of the chunk's checkouts. Reads payments. Repeatable.
WITH means AS (
    SELECT DISTINCT ON (payment.checkout_id) payment.checkout_id,
           CASE payment.gateway_response ->> 'type'
                WHEN 'credit_card' THEN 'card'
                WHEN 'debit_card' THEN 'card'
                WHEN 'boleto' THEN 'bank_transfer'
                ELSE 'other' END AS payment_method
      FROM payments AS payment
     WHERE payment.checkout_id IN (SELECT checkout_id FROM paid)
     GROUP BY payment.checkout_id, payment.gateway_response ->> 'type'
     ORDER BY payment.checkout_id, sum(payment.amount) DESC,
              payment.gateway_response ->> 'type'
), changed AS (
    UPDATE orders SET payment_method = means.payment_method, updated_at = now()
      FROM means
     WHERE orders.checkout_id = means.checkout_id
       AND orders.payment_method <> means.payment_method
    RETURNING orders.id, orders.checkout_id,
              jsonb_build_object('payment_method', old.payment_method) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT first.line, 'order', changed.id, 'updated', changed.previous
  FROM changed
  JOIN (SELECT checkout_id, min(line) AS line FROM paid GROUP BY checkout_id) AS first
    USING (checkout_id)
