-- A return for each credit invoice, without its lines.
-- Grain: one return an invoice, on the order of the same name. Unit: the shop's currency.
-- Reads back; writes order_returns, outcome. Repeatable.
WITH credited AS (
    SELECT order_id, invoice, min(line) AS line, min(invoiced_at) AS at,
           sum(quantity * price) AS total
      FROM back
     GROUP BY order_id, invoice
), made AS (
    INSERT INTO order_returns (id, order_id, return_ref, status, refund_total,
                               event_time)
    SELECT uuidv7(at - clock_timestamp()), order_id, invoice, 'refunded', total, at
      FROM credited
     ORDER BY order_id, invoice
        ON CONFLICT (order_id, return_ref) DO NOTHING
    RETURNING id, order_id, return_ref
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT credited.line, 'order_return', made.id, 'created'
  FROM made
  JOIN credited ON credited.order_id = made.order_id AND credited.invoice = made.return_ref
