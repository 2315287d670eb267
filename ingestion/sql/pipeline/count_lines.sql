-- How many lines of the chunk were created, updated, left unchanged, refused; and how many good
-- ones nobody accounted for, which must be none.
-- Grain: one row. Reads outcome, refused, incoming. Changes nothing.
WITH became AS (
    -- An entry of a ledger counts for its line only where nothing else was changed: a new
    -- price is an update, although its history grows by an entry.
    SELECT line,
           bool_or(action = 'created'
                   AND entity_type NOT IN ('inventory_log', 'price_change'))
           OR (bool_or(action = 'created') AND NOT bool_or(action = 'updated')) AS created,
           bool_or(action = 'updated') AS updated
      FROM outcome
     GROUP BY line
)
SELECT count(*) FILTER (WHERE created),
       count(*) FILTER (WHERE NOT created AND updated),
       count(*) FILTER (WHERE NOT created AND NOT updated),
       (SELECT count(DISTINCT line) FROM refused),
       count(*) FILTER (WHERE became.line IS NULL)
  FROM incoming
  LEFT JOIN became USING (line)
