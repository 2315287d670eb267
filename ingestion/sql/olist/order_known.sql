-- A row of an order that never came in.
SELECT incoming.line, 'order_id' AS column, incoming.order_id AS value,
       'is not an order that was imported: import the orders file first' AS message
  FROM incoming
 WHERE NOT %(is_check)s
   AND NOT EXISTS (SELECT FROM checkouts AS checkout
                    WHERE checkout.source = %(source)s
                      AND checkout.checkout_ref = incoming.order_id)
