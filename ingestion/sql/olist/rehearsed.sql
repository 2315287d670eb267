-- In a rehearsal, rows of a file whose orders, sellers or products would come with an earlier one.
-- Grain: a line. Reads incoming, outcome. Changes nothing outside of a rehearsal.
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT incoming.line, 'shop', %(shop_id)s, 'created'
  FROM incoming
 WHERE %(is_check)s
   AND incoming.line NOT IN (SELECT line FROM outcome)
