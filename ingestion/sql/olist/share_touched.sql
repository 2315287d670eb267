-- The checkouts of the chunk with several orders to share payments among; one order has the
-- whole of each.
-- Grain: a checkout, with its first line. Reads incoming, checkouts, orders.
-- Makes the temporary table touched.
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT min(incoming.line) AS line, checkout.id AS checkout_id
  FROM incoming
  JOIN checkouts AS checkout
    ON checkout.source = %(source)s AND checkout.checkout_ref = incoming.order_id
 WHERE (SELECT count(*) FROM orders WHERE orders.checkout_id = checkout.id) > 1
 GROUP BY checkout.id;
ANALYZE touched
