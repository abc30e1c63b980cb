-- A web origin beyond this machine whose pages may submit, because the user paired it.
CREATE TABLE paired_origin (
    origin TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- The weeks of one series, without a look at every week that was ever counted: when an error was first and
-- last seen. Only the measure that counts errors is in it, so that ratings are written as before.
CREATE INDEX weeks_of_series ON cell (series, week) WHERE measure = 'n';
