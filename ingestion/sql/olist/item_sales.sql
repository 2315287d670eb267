-- The items of the chunk with their seller, card and checkout.
-- Grain: a line. Unit: BRL. Reads incoming, shops, products, checkouts.
-- Makes the temporary table sale.
CREATE TEMP TABLE sale ON COMMIT DROP AS
SELECT incoming.line, incoming.order_id AS ref, incoming.order_item_id AS number,
       incoming.product_id AS sku, incoming.price, incoming.freight_value AS freight,
       seller.id AS seller_id, left(incoming.seller_id, 6) AS seller_tag,
       checkout.id AS checkout_id, card.id AS card_id
  FROM incoming
  JOIN shops AS seller ON seller.slug = 'olist-' || incoming.seller_id
  JOIN products AS card ON card.shop_id = %(shop_id)s AND card.sku = incoming.product_id
  JOIN checkouts AS checkout
    ON checkout.source = %(source)s AND checkout.checkout_ref = incoming.order_id;
ANALYZE sale
