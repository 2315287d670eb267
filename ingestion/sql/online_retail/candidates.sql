-- Earlier items of the same buyers and stock codes, with what is left of them after the
-- returns so far, in the temporary table `candidate`.
-- Grain: one order item. Reads back, orders, order_items, order_return_items.
CREATE TEMP TABLE candidate ON COMMIT DROP AS
SELECT item.id, placed.customer_id, item.product_id, placed.event_time, item.item_ref,
       item.quantity - coalesce((SELECT sum(returned.quantity)
                                   FROM order_return_items AS returned
                                  WHERE returned.order_item_id = item.id), 0) AS remaining
  FROM (SELECT DISTINCT customer_id, product_id FROM back WHERE known_id IS NULL) AS wanted
  JOIN orders AS placed
    ON placed.customer_id = wanted.customer_id AND placed.shop_id = %(shop_id)s
  JOIN order_items AS item
    ON item.order_id = placed.id AND item.product_id = wanted.product_id
