-- Shares that are another amount now.
-- Grain: a share. Unit: BRL. Reads share. Repeatable: shares that are right are left alone.
WITH changed AS (
    UPDATE payments SET amount = share.amount, updated_at = now()
      FROM share
     WHERE payments.gateway = %(source)s
       AND payments.gateway_transaction_id = share.transaction
       AND payments.order_id = share.order_id
       AND payments.amount <> share.amount
    RETURNING payments.id, payments.checkout_id,
              jsonb_build_object('amount', old.amount) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT touched.line, 'payment', changed.id, 'updated', changed.previous
  FROM changed
  JOIN touched USING (checkout_id)
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = changed.id AND outcome.action = 'created')
