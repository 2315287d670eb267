-- A customer for each new buyer; region and dates are settled when the file ends.
-- Grain: one customer a keyed hash. Reads line, buyer_hash; writes customers, outcome.
-- Repeatable.
WITH seen AS (
    SELECT buyer_hash.hash, min(line.line) AS line, min(line.country) AS country,
           min(line.invoiced_at) AS first_at, max(line.invoiced_at) AS last_at
      FROM line
      JOIN buyer_hash ON buyer_hash.value = line.buyer
     WHERE line.becomes <> 'stock'
     GROUP BY buyer_hash.hash
), made AS (
    INSERT INTO customers (id, email_hash, region, first_order_at, last_order_at)
    SELECT uuidv7(first_at - clock_timestamp()), hash, country, first_at, last_at
      FROM seen
     WHERE NOT EXISTS (SELECT FROM customers AS known WHERE known.email_hash = seen.hash)
     ORDER BY hash
        ON CONFLICT (email_hash) DO NOTHING
    RETURNING id, email_hash
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT seen.line, 'customer', made.id, 'created'
  FROM made
  JOIN seen ON seen.hash = made.email_hash
