-- Lines whose order is as it should be.
-- Grain: a line. Reads incoming, checkouts.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'checkout', checkout.id, 'unchanged'
  FROM incoming
  JOIN checkouts AS checkout
    ON checkout.source = %(source)s AND checkout.checkout_ref = incoming.order_id
 WHERE incoming.line NOT IN (SELECT line FROM outcome)
