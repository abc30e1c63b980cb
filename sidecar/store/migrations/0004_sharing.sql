-- Sharing: what the user granted, what was sealed, what left. A record that has no mark of a lane is free in it.

-- The newest answer to each destination that ever asked. `scopes` is JSON: scope -> records with a higher
-- number may leave. An answer is kept after it was taken back, so that nobody asks again tomorrow.
CREATE TABLE consent (
    destination TEXT    PRIMARY KEY,
    answer      TEXT    NOT NULL CHECK (answer IN ('granted', 'declined', 'revoked')),
    scopes      TEXT    NOT NULL,
    manifest    INTEGER NOT NULL,
    digest      TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When an application last had the consent page opened; an answer ends the asking.
CREATE TABLE asked (
    destination TEXT    PRIMARY KEY,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lane (
    lane        INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    product     TEXT NOT NULL,
    key         BLOB NOT NULL CHECK (length(key) = 32),
    tried_week  INTEGER,
    done_seq    INTEGER NOT NULL DEFAULT 0,  -- no record up to here is free
    UNIQUE (destination, product)
) STRICT;

-- One sealed batch, or one approved wish. `body` is the exact text that leaves. `period` is the first week of
-- its period; `root` the id of revision 0 where this is a later one. A batch is never deleted: its period
-- must not be sealed twice, and what it shared can be withdrawn as long as there is this row.
CREATE TABLE batch (
    batch      INTEGER PRIMARY KEY,
    id         BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    kind       TEXT    NOT NULL CHECK (kind IN ('batch', 'request')),
    lane       INTEGER NOT NULL REFERENCES lane,
    period     INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    root       BLOB    CHECK (length(root) = 16),
    state      TEXT    NOT NULL CHECK (state IN (
        'held', 'armed', 'shared', 'split', 'void', 'quarantined', 'withdrawing', 'withdrawn'
    )),
    body       TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    terms      TEXT    NOT NULL,
    sealed_at  INTEGER NOT NULL,
    hold_until INTEGER NOT NULL,
    url        TEXT,  -- where it was sent: a withdrawal follows it there
    armed_at   INTEGER,
    settled_at INTEGER,
    next_at    INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    too_large  INTEGER NOT NULL DEFAULT 0,
    errors     INTEGER NOT NULL DEFAULT 0,
    error_at   INTEGER,
    urgent     INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1)),
    given_up   INTEGER NOT NULL DEFAULT 0 CHECK (given_up IN (0, 1)),
    divide     INTEGER NOT NULL DEFAULT 0 CHECK (divide IN (0, 1)),  -- withdrawing, so that its halves can go
    unsure     INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1)),  -- split, though it may have been stored
    why        TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX unsettled_batches ON batch (batch) WHERE state IN ('held', 'armed', 'withdrawing');
CREATE INDEX batches_of_lane ON batch (lane, period, revision);

-- A cell goes with its batch; a split hands it to a child. `state` says only what its batch does not.
CREATE TABLE batch_cell (
    cell     INTEGER PRIMARY KEY,
    batch    INTEGER NOT NULL REFERENCES batch,
    position INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    records  INTEGER NOT NULL,
    state    TEXT    NOT NULL DEFAULT '' CHECK (state IN (
        '', 'quarantined', 'conflict', 'expired', 'declined', 'corrupt'
    ))
) STRICT;

CREATE INDEX cells_of_batch ON batch_cell (batch, position);

-- Where a record went, for each lane. Cell 0 is no cell: the record stays here, for good.
CREATE TABLE mark (
    seq  INTEGER NOT NULL REFERENCES record ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    PRIMARY KEY (seq, lane)
) STRICT, WITHOUT ROWID;

CREATE INDEX marks_of_cell ON mark (cell);

-- What a lane lost and no batch has told yet; `batch` is the one that tells it.
CREATE TABLE lane_loss (
    lane   INTEGER NOT NULL,
    batch  INTEGER NOT NULL DEFAULT 0,
    kind   TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    n      INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (lane, batch, kind, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE pace (
    destination TEXT    PRIMARY KEY,
    failures    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER NOT NULL DEFAULT 0,
    firm        INTEGER NOT NULL DEFAULT 0,
    passed_at   INTEGER,
    unsupported TEXT,
    why         TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Each attempt to reach a collector, written before its first byte; the newest is never deleted, so its number
-- tells how many there ever were; `outcome` stays empty where we were killed.
CREATE TABLE attempt (
    attempt     INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    destination TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    what        TEXT    NOT NULL CHECK (what IN ('batch', 'request', 'withdrawal')),
    batch       INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    outcome     TEXT    NOT NULL DEFAULT '',
    status      INTEGER
) STRICT;
