-- Sets the prices of variants, with an entry of the history for each new price.
-- Grain: one variant a line. Unit: the shop's currency. Reads incoming; writes
-- product_variants, price_history, outcome. Repeatable: a price that stands already is left.
WITH locked AS (
    SELECT variant.id, incoming.line, incoming.price,
           coalesce(incoming.compare_price, variant.compare_price) AS compare_price
      FROM incoming
      JOIN product_variants AS variant
        ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
     WHERE (variant.price, variant.compare_price) IS DISTINCT FROM
           (incoming.price, coalesce(incoming.compare_price, variant.compare_price))
     ORDER BY variant.sku
       FOR NO KEY UPDATE OF variant
), changed AS (
    UPDATE product_variants AS variant
       SET price = locked.price, compare_price = locked.compare_price, updated_at = now()
      FROM locked
     WHERE variant.id = locked.id
    RETURNING variant.id, variant.product_id, locked.line, old.price AS old_price,
              new.price AS new_price, jsonb_build_object(
              'price', old.price, 'compare_price', old.compare_price,
              'updated_at', old.updated_at) AS previous
), noted AS (
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT id, product_id, old_price, new_price, %(now)s, %(user_id)s::uuid
      FROM changed
     WHERE old_price <> new_price
     ORDER BY line
    RETURNING id, variant_id
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'product_variant', id, 'updated', previous FROM changed
 UNION ALL
SELECT changed.line, 'price_change', noted.id, 'created', NULL
  FROM noted JOIN changed ON changed.id = noted.variant_id
