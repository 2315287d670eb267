-- Region and first and last order of the buyers in this file, from all their orders.
-- Grain: one customer. Reads ingestion_records, orders; writes customers, outcome.
-- Repeatable.
WITH touched AS (
    SELECT DISTINCT placed.customer_id
      FROM ingestion_records AS record
      JOIN orders AS placed ON placed.id = record.entity_id
     WHERE record.file_id = %(file_id)s
       AND record.entity_type = 'order'
), life AS (
    SELECT placed.customer_id, min(placed.event_time) AS first_at,
           max(placed.event_time) AS last_at,
           (array_agg(placed.extra_data ->> 'country'
                      ORDER BY placed.event_time DESC, placed.order_ref DESC)
               FILTER (WHERE placed.extra_data ->> 'country' <> ''))[1] AS region
      FROM touched
      JOIN orders AS placed USING (customer_id)
     GROUP BY placed.customer_id
), locked AS (
    SELECT customer.id, life.first_at, life.last_at,
           coalesce(life.region, customer.region) AS region
      FROM customers AS customer
      JOIN life ON life.customer_id = customer.id
     WHERE (customer.first_order_at, customer.last_order_at, customer.region)
           IS DISTINCT FROM
           (life.first_at, life.last_at, coalesce(life.region, customer.region))
     ORDER BY customer.email_hash
       FOR NO KEY UPDATE OF customer
), changed AS (
    UPDATE customers
       SET first_order_at = locked.first_at, last_order_at = locked.last_at,
           region = locked.region, updated_at = now()
      FROM locked
     WHERE customers.id = locked.id
    RETURNING customers.id, jsonb_build_object(
              'first_order_at', old.first_order_at, 'last_order_at', old.last_order_at,
              'region', old.region, 'updated_at', old.updated_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT 0, 'customer', id, 'updated', previous
  FROM changed
