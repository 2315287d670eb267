-- Lines whose prefix no shop waits for.
-- Grain: a line. Reads incoming.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'shop', %(shop_id)s, 'unchanged'
  FROM incoming
 WHERE incoming.line NOT IN (SELECT line FROM outcome)
