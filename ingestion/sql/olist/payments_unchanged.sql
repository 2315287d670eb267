-- Lines whose payment is as it should be.
-- Grain: a line. Reads incoming, payments.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT DISTINCT ON (incoming.line) incoming.line, 'payment', payment.id, 'unchanged'
  FROM incoming
  JOIN payments AS payment
    ON payment.gateway = %(source)s
   AND payment.gateway_transaction_id
       = incoming.order_id || ':' || incoming.payment_sequential
 WHERE incoming.line NOT IN (SELECT line FROM outcome)
 ORDER BY incoming.line, payment.id
