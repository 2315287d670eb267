-- The payments of the chunk; of repeated ones the last line counts.
-- Grain: a payment (transaction). Unit: BRL. Reads incoming, checkouts, orders.
-- Makes the temporary table paid.
CREATE TEMP TABLE paid ON COMMIT DROP AS
SELECT DISTINCT ON (incoming.order_id, incoming.payment_sequential)
       incoming.line, checkout.id AS checkout_id,
       incoming.order_id || ':' || incoming.payment_sequential AS transaction,
       incoming.payment_value AS amount,
       CASE WHEN incoming.payment_type = 'not_defined' THEN 'failed'
            ELSE 'succeeded' END AS status,
       jsonb_build_object('type', incoming.payment_type,
                          'installments', incoming.payment_installments) AS response,
       first.id AS order_id, coalesce(first.processed_at, first.event_time) AS paid_at
  FROM incoming
  JOIN checkouts AS checkout
    ON checkout.source = %(source)s AND checkout.checkout_ref = incoming.order_id
  JOIN LATERAL (SELECT id, processed_at, event_time FROM orders
                 WHERE orders.checkout_id = checkout.id
                 ORDER BY id LIMIT 1) AS first ON true
 ORDER BY incoming.order_id, incoming.payment_sequential, incoming.line DESC;
ANALYZE paid
