-- Which customer each customer_id leads to.
-- Grain: a customer_id. Reads incoming, the hashes, customers. Makes the temporary table known.
CREATE TEMP TABLE known ON COMMIT DROP AS
SELECT DISTINCT ON (incoming.customer_id)
       incoming.line, incoming.customer_id AS ref, customer.id AS customer_id
  FROM incoming
  JOIN customer_unique_id_hash AS hashed ON hashed.value = incoming.customer_unique_id
  JOIN customers AS customer ON customer.email_hash = hashed.hash
 ORDER BY incoming.customer_id, incoming.line DESC;
ANALYZE known
