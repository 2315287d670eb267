-- Sellers of a checkout who have no order of it yet, in the order of their items.
-- Grain: a checkout and seller. Reads sale, orders. Makes the temporary table selling.
CREATE TEMP TABLE selling ON COMMIT DROP AS
SELECT checkout_id, seller_id, min(seller_tag) AS seller_tag, min(line) AS line,
       row_number() OVER (PARTITION BY checkout_id ORDER BY min(number), seller_id) AS rank
  FROM sale
 WHERE NOT EXISTS (SELECT FROM orders AS own
                    WHERE own.checkout_id = sale.checkout_id
                      AND own.shop_id = sale.seller_id)
 GROUP BY checkout_id, seller_id
