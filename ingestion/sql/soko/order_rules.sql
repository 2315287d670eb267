-- What only the whole order and the shop can judge about an order's lines.
-- Grain: one row an error. Unit: the shop's currency. Reads incoming, orders, order_items,
-- ingestion_records. Repeatable.
WITH numbered AS (
    SELECT line, order_ref, sku,
           lag(line) OVER (PARTITION BY order_ref, sku ORDER BY line) AS earlier
      FROM incoming
), taken AS (
    SELECT incoming.line, incoming.sku, min(record.line) AS earlier
      FROM incoming
      JOIN orders AS placed
        ON placed.shop_id = %(shop_id)s AND placed.order_ref = incoming.order_ref
      JOIN order_items AS item
        ON item.order_id = placed.id AND item.item_ref = incoming.sku
      JOIN ingestion_records AS record
        ON record.entity_id = item.id AND record.file_id = %(file_id)s
     GROUP BY incoming.line, incoming.sku
)
SELECT line, 'currency', currency,
       format('is not the shop''s currency, %%s', %(currency)s::text)
  FROM incoming
 WHERE upper(currency) <> %(currency)s
 UNION ALL
SELECT line, 'sku', sku,
       format('is in this order on line %%s already; add the quantities there', earlier)
  FROM numbered
 WHERE earlier IS NOT NULL
 UNION ALL
SELECT line, 'sku', sku,
       format('is in this order on line %%s already; add the quantities there', earlier)
  FROM taken
 UNION ALL
SELECT line, 'discount', discount::text,
       'is more than the line costs'
  FROM incoming
 WHERE discount > quantity * price
 UNION ALL
SELECT line, 'price', price::text,
       'times the quantity is more than an amount can hold'
  FROM incoming
 WHERE quantity * price > 99999999
