-- A published table of the fleet that the owner imported, to stand beside one's own figures; at most one.
CREATE TABLE fleet_table (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    period  TEXT    NOT NULL,
    product TEXT,
    k       INTEGER NOT NULL CHECK (k >= 20)
) STRICT;

-- Its cells. `''` stands for all tasks, all machines, all models; `other` is the second model of a comparison.
-- `counts` are whole numbers joined by blanks: one to five stars, thumbs up, thumbs down; or the first one
-- preferred, the other preferred, neither.
CREATE TABLE fleet_cell (
    kind            TEXT    NOT NULL CHECK (kind IN ('rating', 'comparison')),
    task_category   TEXT    NOT NULL,
    hardware_bucket TEXT    NOT NULL,
    model           TEXT    NOT NULL,
    other           TEXT    NOT NULL,
    installs        INTEGER NOT NULL CHECK (installs >= 20),
    counts          TEXT    NOT NULL,
    PRIMARY KEY (kind, task_category, hardware_bucket, model, other)
) STRICT, WITHOUT ROWID;
