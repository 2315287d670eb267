-- Lines whose variant was as they say already.
-- Grain: one variant a line. Reads incoming, product_variants; writes outcome. Repeatable.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'product_variant', variant.id, 'unchanged'
  FROM incoming
  JOIN product_variants AS variant
    ON variant.shop_id = %(shop_id)s AND variant.sku = incoming.sku
 WHERE NOT EXISTS (SELECT FROM outcome
                    WHERE outcome.line = incoming.line
                      AND outcome.entity_id = variant.id)
