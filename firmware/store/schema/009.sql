-- Which channels of a span were taken out of service by command last. Derived from the log.
CREATE TABLE span_setting (
    span     TEXT PRIMARY KEY,
    event_id INTEGER NOT NULL,
    body     TEXT NOT NULL                   -- the event as JSON
) STRICT, WITHOUT ROWID;
