-- Lines that say of their order what its first line in the chunk says otherwise.
-- Grain: one row an error. Reads incoming. Repeatable.
WITH first AS (
    SELECT order_ref, min(line) AS line,
           (array_agg(ordered_at ORDER BY line))[1] AS ordered_at,
           (array_agg(customer_email ORDER BY line)
               FILTER (WHERE customer_email IS NOT NULL))[1] AS customer_email,
           (array_agg(status ORDER BY line) FILTER (WHERE status IS NOT NULL))[1] AS status,
           (array_agg(shipping ORDER BY line) FILTER (WHERE shipping IS NOT NULL))[1]
               AS shipping
      FROM incoming
     GROUP BY order_ref
)
SELECT incoming.line, found.name, found.value,
       format('differs from what line %%s says of the same order', first.line)
  FROM incoming
  JOIN first USING (order_ref)
 CROSS JOIN LATERAL (VALUES
       ('ordered_at', incoming.ordered_at::text, incoming.ordered_at <> first.ordered_at),
       -- The address itself is not kept, not even where it is wrong.
       ('customer_email', '', incoming.customer_email <> first.customer_email),
       ('status', incoming.status, incoming.status <> first.status),
       ('shipping', incoming.shipping::text, incoming.shipping <> first.shipping)
       ) AS found(name, value, differs)
 WHERE found.differs
