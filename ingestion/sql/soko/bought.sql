-- The chunk's orders, in the temporary table `bought`: what every line of an order agrees on.
-- Who left no address is a buyer of their own. NULL leaves what there is.
-- Grain: one row an order. Unit: the shop's currency. Reads incoming.
CREATE TEMP TABLE bought ON COMMIT DROP AS
SELECT order_ref, min(line) AS line, min(ordered_at) AS ordered_at,
       bool_or(customer_email IS NOT NULL) AS is_known,
       coalesce(max(customer_email),
                'order:' || %(shop_id)s::text || ':' || order_ref) AS buyer,
       max(status) AS status, max(payment_method) AS payment_method,
       max(shipping) AS shipping
  FROM incoming
 GROUP BY order_ref
