-- The items of a cart, with what their variants, products and shops say of them now.
-- Grain: item. cart_id: the cart.
-- Reads cart_items, product_variants, products, categories, shops, promotions.
-- Repeatable: writes nothing.
SELECT item.id AS item_id, item.variant_id, item.quantity, item.added_price,
       variant.sku, variant.name AS variant_name, variant.price,
       variant.inventory_quantity, variant.reserved_quantity,
       variant.inventory_policy, variant.inventory_tracking, variant.is_active,
       variant.requires_shipping, variant.taxable,
       product.id AS product_id, product.name AS product_name,
       product.slug AS product_slug, product.status AS product_status,
       product.tax_class, coalesce(category.slug, '') AS category,
       shop.id AS shop_id, shop.name AS shop_name, shop.slug AS shop_slug,
       shop.status AS shop_status, shop.currency, shop.prices_include_tax,
       shop.closed_from, shop.closed_until,
       EXISTS (SELECT FROM promotions AS promotion
                WHERE promotion.shop_id = shop.id
                  AND promotion.is_automatic AND promotion.is_active) AS has_promotions
  FROM cart_items AS item
  JOIN product_variants AS variant ON variant.id = item.variant_id
  JOIN products AS product ON product.id = variant.product_id
  JOIN shops AS shop ON shop.id = product.shop_id
  LEFT JOIN categories AS category ON category.id = product.category_id
 WHERE item.cart_id = %(cart_id)s
 ORDER BY item.id
