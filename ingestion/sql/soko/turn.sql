-- Lets one chunk at a time into a shop's catalogue: what a later statement finds missing, nobody
-- else makes meanwhile. Refuses no line. Reads incoming. Repeatable.
SELECT line, 'sku', '', ''
  FROM (SELECT line FROM incoming LIMIT 1) AS first
 WHERE pg_advisory_xact_lock(hashtextextended(%(shop_id)s::text, 0)) IS NULL
