-- Refund totals of the returns that were there before this chunk.
-- Grain: one return. Unit: the shop's currency. Reads back, order_return_items; writes
-- order_returns, outcome. Repeatable: sums from the lines.
WITH summed AS (
    SELECT refund.id, min(back.line) AS line,
           (SELECT sum(item.amount) FROM order_return_items AS item
             WHERE item.order_return_id = refund.id) AS total
      FROM back
      JOIN order_returns AS refund
        ON refund.order_id = back.order_id AND refund.return_ref = back.invoice
     GROUP BY refund.id
), changed AS (
    UPDATE order_returns AS refund
       SET refund_total = summed.total, updated_at = now()
      FROM summed
     WHERE refund.id = summed.id
       AND refund.refund_total IS DISTINCT FROM summed.total
    RETURNING refund.id, summed.line, jsonb_build_object(
              'refund_total', old.refund_total, 'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'order_return', id, 'updated', previous
  FROM changed
