-- A seller's own product, made of the house's card when the seller first sells it.
-- Grain: a seller and product of the chunk, reported on its first line. Reads sale, products.
-- Repeatable: the SKU is unique in its shop.
WITH offer AS (
    SELECT DISTINCT ON (seller_id, sku) line, seller_id, seller_tag, sku, card_id, price
      FROM sale
     WHERE NOT EXISTS (SELECT FROM products AS own
                        WHERE own.shop_id = sale.seller_id AND own.sku = sale.sku)
     ORDER BY seller_id, sku, line
), made AS (
    INSERT INTO products (shop_id, sku, name, slug, price, currency, track_inventory,
                          weight, dimensions, attributes, category_id, status)
    SELECT offer.seller_id, offer.sku, card.name, card.slug || '-' || offer.seller_tag,
           offer.price, 'BRL', false, card.weight, card.dimensions, card.attributes,
           card.category_id, 'active'
      FROM offer
      JOIN products AS card ON card.id = offer.card_id
     ORDER BY offer.seller_id, offer.sku
    ON CONFLICT (shop_id, sku) DO NOTHING
    RETURNING id, shop_id, sku, price, weight
), variants AS (
    INSERT INTO product_variants (product_id, shop_id, sku, price, weight,
                                  inventory_policy, inventory_tracking)
    SELECT id, shop_id, sku, price, weight, 'continue', false
      FROM made
     ORDER BY shop_id, sku
    RETURNING id, shop_id, sku
)
INSERT INTO outcome (line, entity_type, entity_id, action)
SELECT offer.line, 'product', made.id, 'created'
  FROM made
  JOIN offer ON offer.seller_id = made.shop_id AND offer.sku = made.sku
UNION ALL
SELECT offer.line, 'product_variant', variants.id, 'created'
  FROM variants
  JOIN offer ON offer.seller_id = variants.shop_id AND offer.sku = variants.sku
