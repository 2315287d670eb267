-- The orders of the chunk, in Soko's words; of repeated orders the last line counts.
-- Grain: an order of the file. Reads incoming. Makes the temporary table purchase.
CREATE TEMP TABLE purchase ON COMMIT DROP AS
SELECT DISTINCT ON (incoming.order_id)
       incoming.line, incoming.order_id AS ref, incoming.customer_id AS customer_ref,
       incoming.order_purchase_timestamp AS placed_at,
       incoming.order_approved_at AS approved_at,
       incoming.order_delivered_carrier_date AS shipped_at,
       incoming.order_delivered_customer_date AS delivered_at,
       incoming.order_estimated_delivery_date AS promised_at,
       CASE incoming.order_status
            WHEN 'created' THEN 'pending'
            WHEN 'shipped' THEN 'shipped'
            WHEN 'delivered' THEN 'delivered'
            WHEN 'canceled' THEN 'cancelled'
            WHEN 'unavailable' THEN 'cancelled'
            ELSE 'processing' END AS status,
       CASE WHEN incoming.order_approved_at IS NOT NULL THEN 'paid'
            WHEN incoming.order_status IN ('canceled', 'unavailable') THEN 'voided'
            ELSE 'pending' END AS financial_status,
       CASE WHEN incoming.order_status IN ('shipped', 'delivered') THEN 'fulfilled'
            ELSE 'unfulfilled' END AS fulfillment_status,
       CASE WHEN incoming.order_status = 'unavailable' THEN 'unavailable'
            ELSE '' END AS cancel_reason,
       -- Nobody waits here for the money of an order of the past.
       CASE WHEN incoming.order_approved_at IS NOT NULL THEN 'paid'
            ELSE 'expired' END AS checkout_status,
       NULL::uuid AS checkout_id, NULL::uuid AS buyer_id
  FROM incoming
 ORDER BY incoming.order_id, incoming.line DESC;
ANALYZE purchase
