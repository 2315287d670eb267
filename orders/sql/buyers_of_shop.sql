-- Who bought of a shop, up to so many of them.
-- Grain: buyer, in the order of their ids.
-- Reads orders: one look into idx_orders_shop_id_customer_id_event_time for each buyer,
-- however often they bought; the order by time and id is what chooses that index.
-- Repeatable: writes nothing.
WITH RECURSIVE buyers AS (
    (SELECT customer_id FROM orders
      WHERE shop_id = %(shop_id)s AND deleted_at IS NULL
      ORDER BY customer_id, event_time, id
      LIMIT 1)
    UNION ALL
    SELECT following.customer_id
      FROM buyers AS known
     CROSS JOIN LATERAL (
           SELECT customer_id FROM orders
            WHERE shop_id = %(shop_id)s AND deleted_at IS NULL
              AND customer_id > known.customer_id
            ORDER BY customer_id, event_time, id
            LIMIT 1) AS following
)
SELECT customer_id FROM buyers LIMIT %(most)s
