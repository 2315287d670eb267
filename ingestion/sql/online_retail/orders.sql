-- An order for each new invoice that sells or takes back something.
-- Grain: one order an invoice of the shop. Unit: the shop's currency.
-- Reads line, buyer_hash, customers; writes orders, outcome. Repeatable.
WITH invoiced AS (
    SELECT line.invoice, min(line.line) AS line, min(line.invoiced_at) AS placed_at,
           max(line.country) AS country,
           (array_agg(line.buyer ORDER BY line.is_known DESC, line.line))[1] AS buyer,
           bool_or(line.becomes = 'sale') AS sells,
           coalesce(sum(line.quantity * line.price)
                    FILTER (WHERE line.becomes = 'sale'), 0) AS total
      FROM line
     WHERE line.becomes <> 'stock'
     GROUP BY line.invoice
), made AS (
    INSERT INTO orders (id, order_number, order_ref, shop_id, customer_id, status,
                        financial_status, fulfillment_status, payment_method, currency,
                        subtotal_price, total_price, event_time, processed_at,
                        completed_at, extra_data)
    SELECT uuidv7(invoiced.placed_at - clock_timestamp()),
           -- A slug holds no point, so no two shops can come to the same number.
           %(number_prefix)s || '.' || invoiced.invoice, invoiced.invoice, %(shop_id)s,
           customer.id,
           CASE WHEN sells THEN 'delivered' ELSE 'refunded' END,
           CASE WHEN sells THEN 'paid' ELSE 'refunded' END,
           CASE WHEN sells THEN 'fulfilled' ELSE 'returned' END,
           'other', %(currency)s, total, total, placed_at, placed_at, placed_at,
           jsonb_build_object('country', country)
      FROM invoiced
      JOIN buyer_hash ON buyer_hash.value = invoiced.buyer
      JOIN customers AS customer ON customer.email_hash = buyer_hash.hash
     WHERE NOT EXISTS (SELECT FROM orders AS known
                        WHERE known.shop_id = %(shop_id)s
                          AND known.order_ref = invoiced.invoice)
     ORDER BY invoiced.placed_at, invoiced.invoice
        ON CONFLICT (shop_id, order_ref) DO NOTHING
    RETURNING id, order_ref
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT invoiced.line, 'order', made.id, 'created'
  FROM made
  JOIN invoiced ON invoiced.invoice = made.order_ref
