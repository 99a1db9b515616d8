-- Bids are counted once for each two seconds, of which each window has five.
WITH panes AS (
    SELECT date_time // 2000 AS pane, auction, count(*) AS num FROM bid GROUP BY ALL
), counts AS (
    SELECT (pane - hop) * 2000 AS window_start, auction, sum(num)::BIGINT AS num
    FROM panes, range(5) AS hops(hop)
    GROUP BY ALL
), greatest AS (
    SELECT window_start, max(num) AS num FROM counts GROUP BY ALL
)
SELECT window_start, window_start + 10000 AS window_end, auction, num
FROM counts JOIN greatest USING (window_start, num)
