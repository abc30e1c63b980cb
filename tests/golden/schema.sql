-- The schema of a new store; written by `python -m tests.support.schema`.

CREATE TRIGGER request_loses_a_wish AFTER DELETE ON request_member
BEGIN
    UPDATE request
    SET main = (SELECT min(seq) FROM request_member WHERE number = OLD.number)
    WHERE number = OLD.number
      AND main = OLD.seq
      AND EXISTS (SELECT 1 FROM request_member WHERE number = OLD.number);
    DELETE FROM request
    WHERE number = OLD.number
      AND NOT EXISTS (SELECT 1 FROM request_member WHERE number = OLD.number);
END;

CREATE TABLE asked (
    destination TEXT    PRIMARY KEY,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE cell (
    week    INTEGER NOT NULL,
    series  INTEGER NOT NULL,
    measure TEXT    NOT NULL,
    n       INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (week, series, measure)
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
    destination TEXT    PRIMARY KEY,
    answer      TEXT    NOT NULL CHECK (answer IN ('granted', 'declined', 'revoked')),
    scopes      TEXT    NOT NULL,
    manifest    INTEGER NOT NULL,
    digest      TEXT    NOT NULL,
    origin      TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE error_template (
    fingerprint TEXT PRIMARY KEY,
    template    TEXT NOT NULL,
    signature   TEXT
) STRICT, WITHOUT ROWID;

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

CREATE TABLE fleet_table (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    period  TEXT    NOT NULL,
    product TEXT,
    k       INTEGER NOT NULL CHECK (k >= 20)
) STRICT;

CREATE TABLE lane (
    lane        INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    product     TEXT NOT NULL,
    key         BLOB NOT NULL CHECK (length(key) = 32),
    tried_week  INTEGER,
    done_seq    INTEGER NOT NULL DEFAULT 0,  -- no record up to here is free
    UNIQUE (destination, product)
) STRICT;

CREATE TABLE lane_loss (
    lane   INTEGER NOT NULL,
    batch  INTEGER NOT NULL DEFAULT 0,
    kind   TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    n      INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (lane, batch, kind, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    week   INTEGER NOT NULL,
    kind   TEXT    NOT NULL,
    reason TEXT    NOT NULL CHECK (reason IN ('expired', 'quarantined', 'conflict', 'quota', 'queue_full', 'corrupt', 'restored', 'declined')),
    n      INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (week, kind, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (
    seq  INTEGER NOT NULL REFERENCES record ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    PRIMARY KEY (seq, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT;

CREATE TABLE pace (
    destination TEXT    PRIMARY KEY,
    failures    INTEGER NOT NULL DEFAULT 0,
    next_at     INTEGER NOT NULL DEFAULT 0,
    firm        INTEGER NOT NULL DEFAULT 0,
    passed_at   INTEGER,
    unsupported TEXT,
    why         TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE paired_origin (
    origin TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    seq               INTEGER PRIMARY KEY,  -- given by the writer, never twice
    id                BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    series            INTEGER NOT NULL,  -- no REFERENCES: dropping a series would scan every record
    week              INTEGER NOT NULL,
    safe_to_share     INTEGER NOT NULL CHECK (safe_to_share IN (0, 1)),
    rating            INTEGER CHECK (rating BETWEEN 1 AND 5),
    thumb             TEXT    CHECK (thumb IN ('up', 'down')),
    tie               INTEGER CHECK (tie IN (0, 1)),
    reasons           TEXT,
    count             INTEGER CHECK (count BETWEEN 1 AND 10000),
    tokens_per_second INTEGER,
    first_token_ms    INTEGER,
    context_tokens    INTEGER,
    digest            BLOB    CHECK (length(digest) = 8)
) STRICT;

CREATE TABLE request (
    number   INTEGER PRIMARY KEY,
    main     INTEGER NOT NULL,
    state    TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'planned', 'in_progress', 'done', 'declined')),
    category TEXT,
    severity TEXT    CHECK (severity IN ('low', 'normal', 'high')),
    effort   TEXT    CHECK (effort IN ('small', 'medium', 'large'))
) STRICT;

CREATE TABLE request_member (
    seq    INTEGER PRIMARY KEY REFERENCES request_text ON DELETE CASCADE,
    number INTEGER NOT NULL REFERENCES request
) STRICT;

CREATE TABLE request_text (
    seq  INTEGER PRIMARY KEY REFERENCES record ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE series (
    series              INTEGER PRIMARY KEY,
    kind                TEXT NOT NULL CHECK (kind IN ('rating', 'comparison', 'error_report', 'feature_request', 'usage_pattern')),
    product_id          TEXT NOT NULL,
    product_version     TEXT NOT NULL,
    runs_on             TEXT NOT NULL CHECK (runs_on IN ('local', 'remote', 'cloud')),
    hardware_bucket     TEXT NOT NULL,
    task_category       TEXT NOT NULL,
    model               TEXT NOT NULL,
    variant             TEXT NOT NULL,
    preferred           TEXT NOT NULL,
    preferred_variant   TEXT NOT NULL,
    alternative         TEXT NOT NULL,
    alternative_variant TEXT NOT NULL,
    error_type          TEXT NOT NULL,
    runtime             TEXT NOT NULL,
    runtime_version     TEXT NOT NULL,
    fingerprint         TEXT NOT NULL,
    category            TEXT NOT NULL,
    action              TEXT NOT NULL,
    model_key           TEXT NOT NULL,
    preferred_key       TEXT NOT NULL,
    alternative_key     TEXT NOT NULL,
    UNIQUE (
        kind, model, task_category, hardware_bucket, product_id, product_version, runs_on, variant,
        preferred, preferred_variant, alternative, alternative_variant,
        error_type, runtime, runtime_version, fingerprint, category, action
    )
) STRICT;

CREATE TABLE tombstone (
    id     BLOB    PRIMARY KEY CHECK (length(id) = 16),
    digest BLOB    NOT NULL CHECK (length(digest) = 8),
    week   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE total (
    series  INTEGER NOT NULL,
    measure TEXT    NOT NULL,
    n       INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (series, measure)
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_of_lane ON batch (lane, period, revision);

CREATE INDEX cells_of_batch ON batch_cell (batch, position);

CREATE INDEX marks_of_cell ON mark (cell);

CREATE INDEX members_of_request ON request_member (number);

CREATE INDEX unsettled_batches ON batch (batch) WHERE state IN ('held', 'armed', 'withdrawing');

CREATE INDEX weeks_of_series ON cell (series, week) WHERE measure = 'n';
