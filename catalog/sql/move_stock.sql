-- Moves units of variants, and writes the ledger of what came and went.
-- Grain: variant. Arrays of one length: ids, what the level changes by, what the promises do,
--   and the order it is for, or NULL.
-- Writes product_variants, and inventory_logs where a level changes.
-- Not repeatable: each run moves the units again. The caller has locked the variants.
WITH moves AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(levels)s::int[], %(promises)s::int[],
                         %(orders)s::uuid[])
                  AS moves(variant_id, level, promise, order_id)
), moved AS (
    UPDATE product_variants AS variant
       SET inventory_quantity = variant.inventory_quantity + moves.level,
           reserved_quantity = variant.reserved_quantity + moves.promise,
           updated_at = %(now)s
      FROM moves
     WHERE variant.id = moves.variant_id
    RETURNING variant.id, variant.product_id, variant.inventory_quantity, moves.level,
              moves.order_id
)
INSERT INTO inventory_logs (product_id, variant_id, old_quantity, new_quantity,
                            adjustment, reason, notes, user_id, order_id, created_at)
SELECT product_id, id, inventory_quantity - level, inventory_quantity,
       level, %(reason)s, %(notes)s, %(user_id)s, order_id, %(now)s
  FROM moved
 WHERE level <> 0
