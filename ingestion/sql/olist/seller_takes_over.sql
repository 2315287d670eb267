-- The first seller of a checkout takes over the order that waited in the house shop.
-- Grain: a checkout. Reads selling, orders. Repeatable: only an order without items is taken.
WITH taken AS (
    UPDATE orders SET shop_id = selling.seller_id, updated_at = now()
      FROM selling
     WHERE selling.rank = 1
       AND orders.checkout_id = selling.checkout_id
       AND orders.shop_id = %(shop_id)s
       AND NOT EXISTS (SELECT FROM order_items AS item WHERE item.order_id = orders.id)
    RETURNING orders.id, selling.line,
              jsonb_build_object('shop_id', old.shop_id) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'order', id, 'updated', previous FROM taken
