-- Entries of the stock ledger, and the levels that follow.
-- Grain: one entry a line. Unit: pieces. Reads correction; writes inventory_logs,
-- product_variants, outcome. Repeatable: an entry that is there already moves nothing.
WITH fresh AS (
    SELECT *, inventory_quantity + sum(quantity) OVER (
               PARTITION BY variant_id ORDER BY invoiced_at, line) AS new_quantity
      FROM correction
     WHERE NOT EXISTS (SELECT FROM inventory_logs AS known
                        WHERE known.id = correction.id
                          AND known.created_at = correction.invoiced_at)
), entries AS (
    INSERT INTO inventory_logs (id, product_id, variant_id, old_quantity, new_quantity,
                                adjustment, reason, notes, user_id, created_at)
    SELECT id, product_id, variant_id, new_quantity - quantity, new_quantity, quantity,
           'correction', notes, %(user_id)s::uuid, invoiced_at
      FROM fresh
     ORDER BY invoiced_at, line
    RETURNING id, variant_id, adjustment
), moved AS (
    UPDATE product_variants AS variant
       SET inventory_quantity = variant.inventory_quantity + sums.adjustment,
           updated_at = now()
      FROM (SELECT variant_id, sum(adjustment) AS adjustment FROM entries
             GROUP BY variant_id) AS sums
     WHERE variant.id = sums.variant_id
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT correction.line, 'inventory_log', correction.id,
       CASE WHEN entries.id IS NULL THEN 'unchanged' ELSE 'created' END
  FROM correction
  LEFT JOIN entries USING (id)
