-- Brings variants that there are up to date, with the ledger of their stock and prices.
-- Grain: one variant a line. Unit: the shop's currency, pieces, grams. Reads listed; writes
-- product_variants, inventory_logs, price_history, outcome. Repeatable: what is the same
-- already is not written.
WITH changed AS (
    UPDATE product_variants AS variant
       SET price = listed.price,
           compare_price = coalesce(listed.compare_price, variant.compare_price),
           cost_price = coalesce(listed.cost_price, variant.cost_price),
           weight = coalesce(listed.weight_g, variant.weight),
           barcode = coalesce(listed.barcode, variant.barcode),
           option1 = coalesce(listed.option1, variant.option1),
           option2 = coalesce(listed.option2, variant.option2),
           option3 = coalesce(listed.option3, variant.option3),
           name = concat_ws(' / ',
               nullif(coalesce(listed.option1, variant.option1), ''),
               nullif(coalesce(listed.option2, variant.option2), ''),
               nullif(coalesce(listed.option3, variant.option3), '')),
           inventory_quantity = coalesce(listed.stock, variant.inventory_quantity),
           updated_at = now()
      FROM listed
     WHERE variant.shop_id = %(shop_id)s
       AND variant.sku = listed.sku
       AND (variant.price, variant.compare_price, variant.cost_price, variant.weight,
            variant.barcode, variant.option1, variant.option2, variant.option3,
            variant.inventory_quantity)
           IS DISTINCT FROM
           (listed.price, coalesce(listed.compare_price, variant.compare_price),
            coalesce(listed.cost_price, variant.cost_price),
            coalesce(listed.weight_g, variant.weight),
            coalesce(listed.barcode, variant.barcode),
            coalesce(listed.option1, variant.option1),
            coalesce(listed.option2, variant.option2),
            coalesce(listed.option3, variant.option3),
            coalesce(listed.stock, variant.inventory_quantity))
    RETURNING variant.id, variant.product_id, listed.line,
              old.price AS old_price, new.price AS new_price,
              old.inventory_quantity AS old_quantity,
              new.inventory_quantity AS new_quantity,
              jsonb_build_object(
                  'price', old.price, 'compare_price', old.compare_price,
                  'cost_price', old.cost_price, 'weight', old.weight,
                  'barcode', old.barcode, 'option1', old.option1,
                  'option2', old.option2, 'option3', old.option3, 'name', old.name,
                  'updated_at', old.updated_at) AS previous
), moved AS (
    INSERT INTO inventory_logs (product_id, variant_id, old_quantity, new_quantity,
                                adjustment, reason, user_id, created_at)
    SELECT product_id, id, old_quantity, new_quantity, new_quantity - old_quantity,
           'import', %(user_id)s::uuid, %(now)s
      FROM changed
     WHERE new_quantity <> old_quantity
    RETURNING id, variant_id
), repriced AS (
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT id, product_id, old_price, new_price, %(now)s, %(user_id)s::uuid
      FROM changed
     WHERE new_price <> old_price
    RETURNING id, variant_id
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'product_variant', id, 'updated', previous FROM changed
 UNION ALL
SELECT changed.line, 'inventory_log', moved.id, 'created', NULL
  FROM moved JOIN changed ON changed.id = moved.variant_id
 UNION ALL
SELECT changed.line, 'price_change', repriced.id, 'created', NULL
  FROM repriced JOIN changed ON changed.id = repriced.variant_id
