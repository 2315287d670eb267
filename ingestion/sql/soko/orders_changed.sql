-- Totals from the items, and what the lines say of their order as a whole.
-- Grain: one order. Unit: the shop's currency. Reads bought, order_items, buyer_hash, customers;
-- writes orders, outcome. Repeatable: what is the same already is not written.
WITH summed AS (
    SELECT placed.id, bought.line, items.subtotal, items.discount, items.tax,
           coalesce(bought.shipping, placed.total_shipping) AS shipping,
           coalesce(bought.status, placed.status) AS status,
           coalesce(bought.payment_method, placed.payment_method) AS payment_method,
           bought.ordered_at,
           CASE WHEN bought.is_known THEN customer.id ELSE placed.customer_id END
               AS customer_id
      FROM bought
      JOIN orders AS placed
        ON placed.shop_id = %(shop_id)s AND placed.order_ref = bought.order_ref
      JOIN LATERAL (SELECT sum(item.subtotal) AS subtotal,
                           sum(item.total_discount) AS discount, sum(item.tax) AS tax
                      FROM order_items AS item
                     WHERE item.order_id = placed.id) AS items ON true
      LEFT JOIN buyer_hash ON buyer_hash.value = bought.buyer
      LEFT JOIN customers AS customer ON customer.email_hash = buyer_hash.hash
     ORDER BY bought.order_ref
       FOR NO KEY UPDATE OF placed
), changed AS (
    UPDATE orders AS placed
       SET subtotal_price = summed.subtotal, total_discount = summed.discount,
           total_tax = summed.tax, total_shipping = summed.shipping,
           total_price = summed.subtotal - summed.discount + summed.shipping + summed.tax,
           status = summed.status, payment_method = summed.payment_method,
           customer_id = summed.customer_id, event_time = summed.ordered_at,
           financial_status = CASE summed.status
               WHEN 'pending' THEN 'pending' WHEN 'cancelled' THEN 'voided'
               WHEN 'refunded' THEN 'refunded' ELSE 'paid' END,
           fulfillment_status = CASE summed.status
               WHEN 'shipped' THEN 'fulfilled' WHEN 'delivered' THEN 'fulfilled'
               WHEN 'refunded' THEN 'returned' ELSE 'unfulfilled' END,
           processed_at = CASE WHEN summed.status NOT IN ('pending', 'cancelled')
               THEN coalesce(placed.processed_at, summed.ordered_at) END,
           completed_at = CASE WHEN summed.status = 'delivered'
               THEN coalesce(placed.completed_at, summed.ordered_at) END,
           cancelled_at = CASE WHEN summed.status = 'cancelled'
               THEN coalesce(placed.cancelled_at, summed.ordered_at) END,
           updated_at = now()
      FROM summed
     WHERE placed.id = summed.id
       AND (placed.subtotal_price, placed.total_discount, placed.total_tax,
            placed.total_shipping, placed.status, placed.payment_method,
            placed.customer_id, placed.event_time)
           IS DISTINCT FROM
           (summed.subtotal, summed.discount, summed.tax, summed.shipping, summed.status,
            summed.payment_method, summed.customer_id, summed.ordered_at)
    RETURNING placed.id, summed.line, jsonb_build_object(
              'subtotal_price', old.subtotal_price, 'total_discount', old.total_discount,
              'total_tax', old.total_tax, 'total_shipping', old.total_shipping,
              'total_price', old.total_price, 'status', old.status,
              'payment_method', old.payment_method, 'customer_id', old.customer_id,
              'event_time', old.event_time, 'financial_status', old.financial_status,
              'fulfillment_status', old.fulfillment_status,
              'processed_at', old.processed_at, 'completed_at', old.completed_at,
              'cancelled_at', old.cancelled_at, 'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'order', id, 'updated', previous
  FROM changed
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.entity_id = changed.id
                      AND outcome.action = 'created')
