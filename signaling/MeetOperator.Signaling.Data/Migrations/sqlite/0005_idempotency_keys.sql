-- min-reader: 3
CREATE TABLE idempotency_keys (
  tenant TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  completed_at INTEGER,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, key_hash)
);
CREATE INDEX idempotency_keys_expired ON idempotency_keys (tenant, expires_at);
