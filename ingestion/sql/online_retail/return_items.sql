-- The lines of the returns.
-- Grain: one return item a line; known again by (return, item_ref). Unit: the shop's currency.
-- Reads back, order_returns; writes order_return_items, outcome. Repeatable.
WITH given AS (
    SELECT back.*, refund.id AS return_id
      FROM back
      JOIN order_returns AS refund
        ON refund.order_id = back.order_id AND refund.return_ref = back.invoice
), written AS (
    INSERT INTO order_return_items AS item (id, order_return_id, order_item_id, product_id,
                                            item_ref, quantity, price)
    SELECT key, return_id, matched_id, product_id, item_ref,
           quantity, price
      FROM given
     ORDER BY return_id, item_ref
        ON CONFLICT (order_return_id, item_ref) DO UPDATE
       SET quantity = excluded.quantity, price = excluded.price
     WHERE (item.quantity, item.price) IS DISTINCT FROM (excluded.quantity, excluded.price)
    RETURNING new.id, new.order_return_id, new.item_ref,
              CASE WHEN old.id IS NOT NULL THEN jsonb_build_object(
                  'quantity', old.quantity, 'price', old.price) END AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT given.line, 'order_return_item', coalesce(written.id, item.id),
       CASE WHEN written.id IS NULL THEN 'unchanged'
            WHEN written.previous IS NULL THEN 'created'
            ELSE 'updated' END,
       written.previous
  FROM given
  LEFT JOIN written
    ON written.order_return_id = given.return_id AND written.item_ref = given.item_ref
  LEFT JOIN order_return_items AS item
    ON written.id IS NULL
   AND item.order_return_id = given.return_id
   AND item.item_ref = given.item_ref
