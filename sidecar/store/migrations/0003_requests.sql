-- What a person decided about a request: one or several wishes that are the same one. A wish that nobody has
-- touched has no row here; it is a request of its own, new, and goes by its own words.
-- `main` is the record that gives the request its id and its words.
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

CREATE INDEX members_of_request ON request_member (number);

-- However a wish goes (undone, purged, expired, split off), its request goes on under the oldest wish that is
-- left, and the last one takes it along.
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
