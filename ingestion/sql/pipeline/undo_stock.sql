-- Takes a file's movements out of the levels of variants that stay.
-- Grain: one variant. Unit: pieces. Reads inventory_logs, undo_created; writes
-- product_variants. Not repeatable: the entries are deleted next, in the same transaction.
UPDATE product_variants AS variant
   SET inventory_quantity = variant.inventory_quantity - moved.adjustment,
       updated_at = now()
  FROM (SELECT entry.variant_id, sum(entry.adjustment) AS adjustment
          FROM inventory_logs AS entry
          JOIN undo_created AS made
            ON made.entity_id = entry.id AND made.entity_type = 'inventory_log'
         GROUP BY entry.variant_id) AS moved
 WHERE variant.id = moved.variant_id
   AND NOT EXISTS (SELECT FROM undo_created AS gone WHERE gone.entity_id = variant.id)
