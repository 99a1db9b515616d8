-- The factor would be a DECIMAL, and the product too.
SELECT auction, bidder, price::DOUBLE * 0.908::DOUBLE AS price, date_time, extra FROM bid
