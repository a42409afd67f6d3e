-- The agent who placed a call, and the last segment that is this agent's, where it was transferred.
ALTER TABLE call ADD COLUMN agent_id INTEGER;
ALTER TABLE call ADD COLUMN agent_segment INTEGER;

-- Figures, added up by pieces of time in the transaction of the event that completes something.
-- Derived, like the tables above, and made again with them.
CREATE TABLE figure (
    level   INTEGER NOT NULL,                -- 0 quarter hours of UTC; local: 1 hours, 2 days, 3 hours of a month's days
    subject INTEGER NOT NULL,                -- 0 a queue's work with an agent, 1 an agent's time, 2 a line, 3 a queue's work, 4 an agent's work
    slot    INTEGER NOT NULL,                -- which piece, counted from 1970
    queue   INTEGER NOT NULL,                -- 0 for none
    agent   INTEGER NOT NULL,                -- 0 for none
    name    TEXT NOT NULL,                   -- of the line, or the reason for being not ready
    tally   BLOB NOT NULL,                   -- counters and values
    PRIMARY KEY (level, subject, slot, queue, agent, name)
) STRICT, WITHOUT ROWID;

-- The larger pieces of time are there for local days before this one.
CREATE TABLE figure_day (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    offset_minutes INTEGER NOT NULL,
    open_day       INTEGER                   -- since 1970, local; null while there is nothing
) STRICT;
INSERT INTO figure_day VALUES (1, 480, NULL);

-- What queues and agents were called last.
CREATE TABLE figure_name (
    subject INTEGER NOT NULL,                -- 0 queue, 1 agent
    id      INTEGER NOT NULL,
    name    TEXT NOT NULL,
    PRIMARY KEY (subject, id)
) STRICT, WITHOUT ROWID;
