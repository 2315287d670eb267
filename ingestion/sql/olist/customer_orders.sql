-- Orders that came before this file have a stand-in for a buyer each; they are given to the person.
-- Grain: an order, a customer. Reads known, the hashes, customers, orders. Repeatable.
WITH moved AS (
    UPDATE orders SET customer_id = known.customer_id, updated_at = now()
      FROM known
      JOIN customer_id_hash AS hashed ON hashed.value = known.ref
      JOIN customers AS stand_in ON stand_in.email_hash = hashed.hash
     WHERE orders.customer_id = stand_in.id
    RETURNING orders.id, known.line, orders.event_time, orders.customer_id,
              jsonb_build_object('customer_id', old.customer_id) AS previous
), span AS (
    UPDATE customers
       SET first_order_at = least(customers.first_order_at, moved.first),
           last_order_at = greatest(customers.last_order_at, moved.last)
      FROM (SELECT customer_id, min(event_time) AS first, max(event_time) AS last,
                   min(line) AS line
              FROM moved GROUP BY customer_id) AS moved
     WHERE customers.id = moved.customer_id
    RETURNING customers.id, moved.line, jsonb_build_object(
              'first_order_at', old.first_order_at,
              'last_order_at', old.last_order_at) AS previous
)
INSERT INTO outcome (line, entity_type, entity_id, action, previous)
SELECT line, 'order', id, 'updated', previous FROM moved
UNION ALL
SELECT line, 'customer', id, 'updated', previous FROM span
