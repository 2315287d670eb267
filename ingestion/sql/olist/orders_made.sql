-- Orders in the house shop, until their items say who sold them, and when they were promised.
-- Grain: an order of the file. Reads purchase. Repeatable: a checkout with an order gets no other.
WITH made AS (
    INSERT INTO orders (id, event_time, order_number, order_ref, checkout_id, shop_id,
                        customer_id, status, financial_status, fulfillment_status,
                        currency, processed_at, completed_at, cancel_reason)
    SELECT uuidv7(placed_at - clock_timestamp()), placed_at, 'OL-' || ref, ref,
           checkout_id, %(shop_id)s, buyer_id, status, financial_status,
           fulfillment_status, 'BRL', approved_at, delivered_at, cancel_reason
      FROM purchase
     WHERE NOT EXISTS (SELECT FROM orders
                        WHERE orders.checkout_id = purchase.checkout_id)
     ORDER BY ref
    ON CONFLICT (shop_id, order_ref) DO NOTHING
    RETURNING id, checkout_id
), tracked AS (
    INSERT INTO order_tracking (order_id, created_at, estimated_delivery, delivered_at)
    SELECT made.id, coalesce(purchase.shipped_at, purchase.placed_at),
           purchase.promised_at, purchase.delivered_at
      FROM made
      JOIN purchase USING (checkout_id)
     WHERE purchase.promised_at IS NOT NULL
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT purchase.line, 'order', made.id, 'created'
  FROM made
  JOIN purchase USING (checkout_id)
