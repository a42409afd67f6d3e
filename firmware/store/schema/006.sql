-- Where other software wants to be told of events. What is still to be told is the event log after
-- `cursor`, so nothing is lost by a power cut and nothing is written twice.
CREATE TABLE webhook (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT NOT NULL,
    url     TEXT NOT NULL,
    events  TEXT NOT NULL,                   -- words of events as a JSON array; all where empty
    queues  TEXT NOT NULL,                   -- queue ids as a JSON array; all where empty
    secret  BLOB NOT NULL,                   -- the key of the signature
    enabled INTEGER NOT NULL,
    cursor  INTEGER NOT NULL                 -- every event up to this one is told or given up
) STRICT;

-- What could not be told, until somebody looks at it.
CREATE TABLE webhook_dead (
    webhook_id INTEGER NOT NULL,
    event_id   INTEGER NOT NULL,
    at_us      INTEGER NOT NULL,             -- when it was given up
    attempts   INTEGER NOT NULL,
    error      TEXT NOT NULL,
    PRIMARY KEY (webhook_id, event_id)
) STRICT, WITHOUT ROWID;
