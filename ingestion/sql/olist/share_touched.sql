-- The checkouts of the chunk.
-- Grain: a checkout, with its first line. Reads incoming, checkouts. Makes the temporary table touched.
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT min(incoming.line) AS line, checkout.id AS checkout_id
  FROM incoming
  JOIN checkouts AS checkout
    ON checkout.source = %(source)s AND checkout.checkout_ref = incoming.order_id
 GROUP BY checkout.id;
ANALYZE touched
