-- Orders that are there and say otherwise now; before the new ones, which are as they should be.
-- Grain: an order, one a seller. Reads purchase. Repeatable.
WITH changed AS (
    UPDATE orders
       SET event_time = purchase.placed_at, customer_id = purchase.buyer_id,
           status = purchase.status, financial_status = purchase.financial_status,
           fulfillment_status = purchase.fulfillment_status,
           processed_at = purchase.approved_at, completed_at = purchase.delivered_at,
           cancel_reason = purchase.cancel_reason, updated_at = now()
      FROM purchase
     WHERE orders.checkout_id = purchase.checkout_id
       AND (orders.event_time, orders.customer_id, orders.status,
            orders.financial_status, orders.fulfillment_status, orders.processed_at,
            orders.completed_at, orders.cancel_reason)
           IS DISTINCT FROM
           (purchase.placed_at, purchase.buyer_id, purchase.status,
            purchase.financial_status, purchase.fulfillment_status,
            purchase.approved_at, purchase.delivered_at, purchase.cancel_reason)
    RETURNING orders.id, purchase.line,
              jsonb_build_object(
                  'event_time', old.event_time, 'customer_id', old.customer_id,
                  'status', old.status, 'financial_status', old.financial_status,
                  'fulfillment_status', old.fulfillment_status,
                  'processed_at', old.processed_at, 'completed_at', old.completed_at,
                  'cancel_reason', old.cancel_reason) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'order', id, 'updated', previous FROM changed
