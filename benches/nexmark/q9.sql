SELECT
    id, item_name, description, initial_bid, reserve, auction.date_time, expires, seller, category,
    auction.extra, bid.auction, bidder, price, bid.date_time AS bid_date_time,
    bid.extra AS bid_extra
FROM bid JOIN auction ON bid.auction = id
WHERE bid.date_time BETWEEN auction.date_time AND expires
QUALIFY row_number() OVER (PARTITION BY id ORDER BY price DESC, bid.date_time, bid.line) = 1
