-- The ways in which shops send, zone by zone, cheapest first.
-- Grain: method that is offered. shop_ids: an array.
-- Reads delivery_methods, delivery_zones.
-- Repeatable: writes nothing.
SELECT zone.shop_id, zone.id AS zone_id, zone.countries,
       method.id, method.name, method.price, method.free_from,
       method.min_days, method.max_days
  FROM delivery_methods AS method
  JOIN delivery_zones AS zone ON zone.id = method.zone_id
 WHERE zone.shop_id = ANY(%(shop_ids)s::uuid[]) AND method.is_active
 ORDER BY zone.position, zone.id, method.price, method.id
