-- Further sellers of a checkout get orders of their own, like its first.
-- Grain: a checkout and seller. Reads selling, orders.
-- Repeatable: a seller who has an order of the checkout keeps it.
WITH made AS (
    INSERT INTO orders (id, event_time, order_number, order_ref, checkout_id, shop_id,
                        customer_id, status, financial_status, fulfillment_status,
                        payment_method, currency, processed_at, completed_at,
                        cancel_reason)
    SELECT uuidv7(first.event_time - clock_timestamp()), first.event_time,
           'OL-' || first.order_ref || '-' || selling.seller_tag, first.order_ref,
           first.checkout_id, selling.seller_id, first.customer_id, first.status,
           first.financial_status, first.fulfillment_status, first.payment_method,
           'BRL', first.processed_at, first.completed_at, first.cancel_reason
      FROM selling
      JOIN LATERAL (SELECT * FROM orders
                     WHERE orders.checkout_id = selling.checkout_id
                     ORDER BY orders.id LIMIT 1) AS first ON true
     WHERE NOT EXISTS (SELECT FROM orders AS own
                        WHERE own.checkout_id = selling.checkout_id
                          AND own.shop_id = selling.seller_id)
     ORDER BY selling.seller_id, first.order_ref
    ON CONFLICT (shop_id, order_ref) DO NOTHING
    RETURNING id, checkout_id, shop_id
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT selling.line, 'order', made.id, 'created'
  FROM made
  JOIN selling ON selling.checkout_id = made.checkout_id
              AND selling.seller_id = made.shop_id
