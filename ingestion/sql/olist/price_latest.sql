-- The price of each product's latest order, later references and items first where times agree.
-- Grain: a product of the chunk. Unit: BRL. Reads item, order_items, orders.
-- Makes the temporary table latest.
CREATE TEMP TABLE latest ON COMMIT DROP AS
SELECT DISTINCT ON (stored.product_id)
       stored.product_id, stored.variant_id, stored.price
  FROM order_items AS stored
  JOIN orders AS placed ON placed.id = stored.order_id
 WHERE stored.product_id IN (SELECT product_id FROM item)
 ORDER BY stored.product_id, placed.event_time DESC, placed.order_ref DESC,
          stored.item_ref DESC
