-- A stand-in for each buyer whose person no customers file has named yet.
-- Grain: a customer_id. Reads the hashes of customer_id, external_references, purchase. Repeatable.
WITH made AS (
    INSERT INTO customers (email_hash)
    SELECT hashed.hash
      FROM customer_id_hash AS hashed
     WHERE NOT EXISTS (SELECT FROM external_references AS known
                        WHERE known.source = %(source)s AND known.kind = 'customer'
                          AND known.ref = hashed.value)
     ORDER BY hashed.hash
    ON CONFLICT (email_hash) DO NOTHING
    RETURNING id, email_hash
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT DISTINCT ON (made.id) purchase.line, 'customer', made.id, 'created'
  FROM made
  JOIN customer_id_hash AS hashed ON hashed.hash = made.email_hash
  JOIN purchase ON purchase.customer_ref = hashed.value
 ORDER BY made.id, purchase.line
