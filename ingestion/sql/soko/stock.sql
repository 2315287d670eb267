-- Sets the stock of variants, with an entry of the ledger for each that moves.
-- Grain: one variant a line. Unit: pieces. Reads incoming; writes product_variants,
-- inventory_logs, outcome. Repeatable: a level that stands already moves nothing.
WITH moved AS (
    UPDATE product_variants AS variant
       SET inventory_quantity = incoming.quantity, updated_at = now()
      FROM incoming
     WHERE variant.shop_id = %(shop_id)s
       AND variant.sku = incoming.sku
       AND variant.inventory_quantity <> incoming.quantity
    RETURNING variant.id, variant.product_id, incoming.line, incoming.reason,
              incoming.notes, old.inventory_quantity AS old_quantity,
              new.inventory_quantity AS new_quantity, old.updated_at
), entries AS (
    INSERT INTO inventory_logs (product_id, variant_id, old_quantity, new_quantity,
                                adjustment, reason, notes, user_id, created_at)
    SELECT product_id, id, old_quantity, new_quantity, new_quantity - old_quantity,
           coalesce(reason, 'count'), coalesce(notes, ''), %(user_id)s::uuid, %(now)s
      FROM moved
     ORDER BY line
    RETURNING id, variant_id
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'product_variant', id, 'updated',
       jsonb_build_object('updated_at', updated_at)
  FROM moved
 UNION ALL
SELECT moved.line, 'inventory_log', entries.id, 'created', NULL
  FROM entries JOIN moved ON moved.id = entries.variant_id
