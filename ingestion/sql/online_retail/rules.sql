-- Lines that are neither a sale, a return nor a correction of the stock.
-- Grain: one row an error. Reads incoming. Repeatable.
SELECT line, 'quantity' AS column, quantity::text AS value,
       'is 0; a line is about one unit at least' AS message
  FROM incoming
 WHERE quantity = 0
 UNION ALL
SELECT line, 'unit_price', unit_price::text,
       'is negative, and so is the quantity; only one of them may be'
  FROM incoming
 WHERE quantity < 0
   AND unit_price < 0
 UNION ALL
SELECT line, 'unit_price', unit_price::text,
       'times the quantity is more than an amount can hold'
  FROM incoming
 WHERE abs(quantity * unit_price) > 9999999999
