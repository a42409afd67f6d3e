-- Where a call is found, the newest first: by its numbers, by its queues, by its agents. Derived.
CREATE TABLE call_place (
    kind        INTEGER NOT NULL,            -- what `who` is, see places.rs
    who         TEXT NOT NULL,
    began_at_us INTEGER NOT NULL,            -- the call
    call_id     INTEGER NOT NULL,
    PRIMARY KEY (kind, who, began_at_us, call_id)
) STRICT, WITHOUT ROWID;
-- The caller's number from its end on, as it stands in `call_place`.
ALTER TABLE call ADD COLUMN caller_reversed TEXT;
DROP INDEX call_called;
DROP INDEX segment_talk;

CREATE TEMP TABLE reversal AS
    WITH RECURSIVE turned (number, rest, done) AS (
        SELECT DISTINCT number, number, '' FROM
            (SELECT caller AS number FROM call UNION SELECT called FROM call WHERE inbound = 0)
            WHERE number IS NOT NULL
        UNION ALL SELECT number, substr(rest, 2), substr(rest, 1, 1) || done FROM turned WHERE rest <> '')
    SELECT number, done FROM turned WHERE rest = '';
CREATE UNIQUE INDEX temp.reversal_number ON reversal (number);
UPDATE call SET caller_reversed = (SELECT done FROM reversal WHERE number = caller)
    WHERE caller IS NOT NULL;
INSERT OR IGNORE INTO call_place
    SELECT 0, caller, began_at_us, id FROM call WHERE caller IS NOT NULL
    UNION ALL SELECT 0, called, began_at_us, id FROM call WHERE inbound = 0 AND called IS NOT NULL
    UNION ALL SELECT 1, caller_reversed, began_at_us, id FROM call WHERE caller IS NOT NULL
    UNION ALL SELECT 1, done, began_at_us, id FROM call JOIN reversal ON number = called
        WHERE inbound = 0
    UNION ALL SELECT 2, handler, call.began_at_us, id FROM segment JOIN call ON id = call_id
        WHERE segment.agent_id IS NOT NULL AND kind = 'talk'
    UNION ALL SELECT 3, queue_id, call.began_at_us, id FROM queue_visit JOIN call ON id = call_id
    UNION ALL SELECT 4, segment.agent_id, call.began_at_us, id FROM segment JOIN call ON id = call_id
        WHERE segment.agent_id IS NOT NULL;
DROP TABLE temp.reversal;

-- Figures are added up into more sizes of pieces of time, which the next opening does.
DELETE FROM figure WHERE level > 0;
UPDATE figure_day SET open_day = NULL;
