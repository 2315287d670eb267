-- The first price of the variants that this file made or priced, known from their first line on.
-- Grain: one variant. Unit: the shop's currency. Reads ingestion_records, outcome,
-- product_variants, price_history; writes price_history, outcome. Repeatable: a variant has
-- one first price.
WITH touched AS (
    SELECT entity_id AS id
      FROM ingestion_records
     WHERE file_id = %(file_id)s
       AND entity_type = 'product_variant'
       AND action = 'created'
     UNION
    SELECT entity_id FROM outcome WHERE entity_type = 'product_variant'
), noted AS (
    INSERT INTO price_history (variant_id, product_id, old_price, new_price, changed_at,
                               user_id)
    SELECT variant.id, variant.product_id, NULL, variant.price, variant.event_time,
           %(user_id)s::uuid
      FROM touched
      JOIN product_variants AS variant USING (id)
     WHERE variant.price > 0
       AND NOT EXISTS (SELECT FROM price_history AS known
                        WHERE known.variant_id = variant.id)
     ORDER BY variant.sku
    RETURNING id
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT 0, 'price_change', id, 'created'
  FROM noted
