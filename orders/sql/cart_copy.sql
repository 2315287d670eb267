-- Somebody's newest cart in short, with its version and its items of the same moment.
-- Grain: item; one row with NULLs for a cart without any. owner: whose it is.
-- Reads carts, cart_items, product_variants, products, shops.
-- Repeatable: writes nothing.
SELECT cart.version, cart.currency, cart.status, cart.expires_at,
       item.id AS item_id, item.variant_id, item.quantity,
       variant.sku, variant.name AS variant_name, variant.price,
       product.name AS product_name, product.slug AS product_slug,
       shop.name AS shop_name
  FROM (SELECT own.* FROM carts AS own
         WHERE {owner}
         ORDER BY own.version DESC, own.id DESC
         LIMIT 1) AS cart
  LEFT JOIN cart_items AS item ON item.cart_id = cart.id
  LEFT JOIN product_variants AS variant ON variant.id = item.variant_id
  LEFT JOIN products AS product ON product.id = variant.product_id
  LEFT JOIN shops AS shop ON shop.id = product.shop_id
 ORDER BY item.id
