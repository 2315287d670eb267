-- An item needs its order, its seller and its product.
SELECT incoming.line, missing.column, missing.value, missing.message
  FROM incoming
 CROSS JOIN LATERAL (
    SELECT 'order_id' AS column, incoming.order_id AS value,
           'is not an order that was imported: import the orders file first' AS message
     WHERE NOT EXISTS (SELECT FROM checkouts AS checkout
                        WHERE checkout.source = %(source)s
                          AND checkout.checkout_ref = incoming.order_id)
    UNION ALL
    SELECT 'seller_id', incoming.seller_id,
           'is not a seller that was imported: import the sellers file first'
     WHERE NOT EXISTS (SELECT FROM shops WHERE slug = 'olist-' || incoming.seller_id)
    UNION ALL
    SELECT 'product_id', incoming.product_id,
           'is not a product that was imported: import the products file first'
     WHERE NOT EXISTS (SELECT FROM products
                        WHERE shop_id = %(shop_id)s AND sku = incoming.product_id)
 ) AS missing
 WHERE NOT %(is_check)s
