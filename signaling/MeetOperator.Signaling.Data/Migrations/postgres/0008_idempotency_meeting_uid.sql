-- min-reader: 3
-- Null in rows of earlier releases: their host tokens have no UID, and a repeated request must get the same response.
ALTER TABLE idempotency_keys ADD COLUMN meeting_uid TEXT;
