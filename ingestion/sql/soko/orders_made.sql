-- An order for each new reference; its totals follow from its items.
-- Grain: one order. Unit: the shop's currency. Reads bought, buyer_hash, customers; writes
-- orders, outcome. Repeatable.
WITH made AS (
    INSERT INTO orders (id, order_number, order_ref, shop_id, customer_id, currency,
                        event_time)
    SELECT uuidv7(bought.ordered_at - clock_timestamp()),
           -- A slug holds no point, so no two shops can come to the same number.
           %(number_prefix)s || '.' ||
           CASE WHEN length(bought.order_ref) <= 33 THEN bought.order_ref
                ELSE left(bought.order_ref, 24) || '-' || left(md5(bought.order_ref), 8)
            END,
           bought.order_ref, %(shop_id)s, customer.id, %(currency)s, bought.ordered_at
      FROM bought
      JOIN buyer_hash ON buyer_hash.value = bought.buyer
      JOIN customers AS customer ON customer.email_hash = buyer_hash.hash
     WHERE NOT EXISTS (SELECT FROM orders AS known
                        WHERE known.shop_id = %(shop_id)s
                          AND known.order_ref = bought.order_ref)
     ORDER BY bought.order_ref
        ON CONFLICT (shop_id, order_ref) DO NOTHING
    RETURNING id, order_ref
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT bought.line, 'order', made.id, 'created'
  FROM made
  JOIN bought USING (order_ref)
