-- Items of orders, with name and category as they are now.
-- Grain: an item, reported on its line. Unit: BRL. Reads item.
-- Repeatable: an item is known by its number in its order.
WITH saved AS (
    INSERT INTO order_items (id, order_id, product_id, variant_id, item_ref, sku, name,
                             category, quantity, price, shipping)
    SELECT uuidv7(event_time - clock_timestamp()), order_id, product_id, variant_id,
           item_ref, sku, name, category, 1, price, freight
      FROM item
     ORDER BY order_id, item_ref
    ON CONFLICT (order_id, item_ref) DO UPDATE
       SET product_id = EXCLUDED.product_id, variant_id = EXCLUDED.variant_id,
           sku = EXCLUDED.sku, name = EXCLUDED.name, price = EXCLUDED.price,
           shipping = EXCLUDED.shipping, updated_at = now()
     WHERE (order_items.product_id, order_items.price, order_items.shipping)
           IS DISTINCT FROM (EXCLUDED.product_id, EXCLUDED.price, EXCLUDED.shipping)
    RETURNING id, order_id, item_ref, old.id IS NULL AS created,
              jsonb_build_object('product_id', old.product_id,
                                 'variant_id', old.variant_id, 'sku', old.sku,
                                 'name', old.name, 'price', old.price,
                                 'shipping', old.shipping) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT item.line, 'order_item', saved.id,
       CASE WHEN saved.created THEN 'created' ELSE 'updated' END,
       CASE WHEN NOT saved.created THEN saved.previous END
  FROM saved
  JOIN item USING (order_id, item_ref)
