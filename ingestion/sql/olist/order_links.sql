-- Which checkout and which buyer each order has.
-- Grain: an order of the file. Reads checkouts, external_references, customers. Writes purchase.
UPDATE purchase
   SET checkout_id = checkout.id,
       buyer_id = coalesce(known.entity_id, stand_in.id)
  FROM checkouts AS checkout, customer_id_hash AS hashed
  LEFT JOIN external_references AS known
    ON known.source = %(source)s AND known.kind = 'customer' AND known.ref = hashed.value
  LEFT JOIN customers AS stand_in ON stand_in.email_hash = hashed.hash
 WHERE checkout.source = %(source)s AND checkout.checkout_ref = purchase.ref
   AND hashed.value = purchase.customer_ref
