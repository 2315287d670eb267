-- Finds the item that each returned line takes back: the buyer's latest earlier one of the
-- product with enough left. Line by line, because each match leaves less for the next; there
-- are some hundreds in a chunk. Reads and writes the temporary tables back and candidate.
DO $$
DECLARE
    returned record;
    found uuid;
BEGIN
    CREATE INDEX ON candidate (customer_id, product_id);
    CREATE INDEX ON back (line);
    FOR returned IN
        SELECT line, customer_id, product_id, invoiced_at, quantity
          FROM back
         WHERE known_id IS NULL
           AND EXISTS (SELECT FROM candidate
                        WHERE candidate.customer_id = back.customer_id
                          AND candidate.product_id = back.product_id)
         ORDER BY line
    LOOP
        SELECT id INTO found
          FROM candidate
         WHERE candidate.customer_id = returned.customer_id
           AND candidate.product_id = returned.product_id
           AND candidate.event_time <= returned.invoiced_at
           AND candidate.remaining >= returned.quantity
         ORDER BY event_time DESC, item_ref DESC, id DESC
         LIMIT 1;
        IF found IS NOT NULL THEN
            UPDATE back SET matched_id = found WHERE back.line = returned.line;
            UPDATE candidate SET remaining = remaining - returned.quantity
             WHERE candidate.id = found;
        END IF;
    END LOOP;
END $$
