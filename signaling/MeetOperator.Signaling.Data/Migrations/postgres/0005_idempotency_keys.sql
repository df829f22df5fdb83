-- min-reader: 3
CREATE TABLE idempotency_keys (
  tenant TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  token_id TEXT NOT NULL,
  completed_at BIGINT,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, key_hash)
);
CREATE INDEX idempotency_keys_expired ON idempotency_keys (tenant, expires_at);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON idempotency_keys USING (tenant = current_setting('meet.tenant', true));
