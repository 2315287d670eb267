-- A customer for each new buyer, and a wider span of orders for those there are.
-- Grain: one customer a keyed hash. Reads bought, buyer_hash; writes customers, outcome.
-- Repeatable.
WITH seen AS (
    SELECT buyer_hash.hash, min(bought.line) AS line, min(bought.ordered_at) AS first_at,
           max(bought.ordered_at) AS last_at
      FROM bought
      JOIN buyer_hash ON buyer_hash.value = bought.buyer
     WHERE bought.is_known
        OR NOT EXISTS (SELECT FROM orders AS known
                        WHERE known.shop_id = %(shop_id)s
                          AND known.order_ref = bought.order_ref)
     GROUP BY buyer_hash.hash
), written AS (
    INSERT INTO customers AS customer (email_hash, first_order_at, last_order_at)
    SELECT hash, first_at, last_at FROM seen ORDER BY hash
        ON CONFLICT (email_hash) DO UPDATE
       SET first_order_at = least(customer.first_order_at, excluded.first_order_at),
           last_order_at = greatest(customer.last_order_at, excluded.last_order_at),
           updated_at = now()
     WHERE (customer.first_order_at, customer.last_order_at) IS DISTINCT FROM
           (least(customer.first_order_at, excluded.first_order_at),
            greatest(customer.last_order_at, excluded.last_order_at))
    RETURNING new.id, new.email_hash AS hash,
              CASE WHEN old.id IS NOT NULL THEN jsonb_build_object(
                  'first_order_at', old.first_order_at,
                  'last_order_at', old.last_order_at,
                  'updated_at', old.updated_at) END AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT seen.line, 'customer', written.id,
       CASE WHEN previous IS NULL THEN 'created' ELSE 'updated' END, previous
  FROM written
  JOIN seen USING (hash)
