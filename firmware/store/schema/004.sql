-- Calls that turned out in a way that is rare are found without looking at all others.
CREATE INDEX call_disposition ON call (disposition, began_at_us, id) WHERE disposition IS NOT NULL;

-- Who heard or fetched which recording. Rows are only ever added.
CREATE TABLE listening (
    id      INTEGER PRIMARY KEY,
    at_us   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    address TEXT NOT NULL,
    call_id INTEGER NOT NULL,
    part    INTEGER NOT NULL,                -- which of the call's recordings, from 1
    path    TEXT NOT NULL
) STRICT;
CREATE INDEX listening_call ON listening (call_id, part);
CREATE INDEX listening_who ON listening (who, id);
CREATE TRIGGER listening_is_not_changed BEFORE UPDATE ON listening
    BEGIN SELECT raise(ABORT, 'the listening log is only added to'); END;
CREATE TRIGGER listening_is_not_deleted BEFORE DELETE ON listening
    BEGIN SELECT raise(ABORT, 'the listening log is only added to'); END;
