-- The lines of this chunk that take goods back and are not there yet, in the temporary table
-- `back`; `matched_id` is still empty. Reads line, placed, shelf, order_returns and their
-- items. Runs once a chunk.
CREATE TEMP TABLE back ON COMMIT DROP AS
SELECT line.line, line.key, line.invoice, line.item_ref, line.invoiced_at,
       abs(line.quantity) AS quantity, abs(line.price) AS price,
       placed.id AS order_id, placed.customer_id, shelf.product_id, shelf.stock_code,
       coalesce(nullif(line.description, ''), shelf.name) AS name,
       known.id AS known_id, known.order_return_id, NULL::uuid AS matched_id
  FROM line
  JOIN placed USING (invoice)
  JOIN shelf USING (stock_code)
  LEFT JOIN order_returns AS existing
    ON existing.order_id = placed.id AND existing.return_ref = line.invoice
  LEFT JOIN order_return_items AS known
    ON known.order_return_id = existing.id AND known.item_ref = line.item_ref
 WHERE line.becomes = 'return'
