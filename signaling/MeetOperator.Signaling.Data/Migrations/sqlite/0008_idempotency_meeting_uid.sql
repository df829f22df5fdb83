-- min-reader: 3
-- Null in rows of releases before: their host tokens name no uid, and the answer to a repeated request stays the same.
ALTER TABLE idempotency_keys ADD COLUMN meeting_uid TEXT;
