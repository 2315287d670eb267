-- Lines whose customer and reference are as they should be.
-- Grain: a line. Reads incoming, the hashes, customers.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'customer', customer.id, 'unchanged'
  FROM incoming
  JOIN customer_unique_id_hash AS hashed ON hashed.value = incoming.customer_unique_id
  JOIN customers AS customer ON customer.email_hash = hashed.hash
 WHERE incoming.line NOT IN (SELECT line FROM outcome)
