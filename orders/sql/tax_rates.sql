-- The rates of a country and of one province of it: the market's and some shops' own.
-- Grain: rate. shop_ids: an array.
-- Reads tax_rates.
-- Repeatable: writes nothing.
SELECT rate.province, rate.tax_class, rate.rate, rate.applies_to_shipping, rate.name,
       rate.shop_id
  FROM tax_rates AS rate
 WHERE (rate.shop_id IS NULL OR rate.shop_id = ANY(%(shop_ids)s::uuid[]))
   AND rate.country = %(country)s
   AND rate.province IN ('', %(province)s)
 ORDER BY rate.province, rate.tax_class, rate.id
