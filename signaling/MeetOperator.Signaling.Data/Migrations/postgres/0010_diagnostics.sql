-- min-reader: 3
-- Reports that participants sent about a problem. 'statistics' is JSON of a checked form. Each report has the reference of its sender, so that a repeated upload is stored once.
CREATE TABLE diagnostics (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  text TEXT,
  browser TEXT NOT NULL,
  statistics TEXT NOT NULL,
  PRIMARY KEY (tenant, meeting_id, report_id),
  UNIQUE (tenant, meeting_id, participant_id, reference),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);

ALTER TABLE diagnostics ENABLE ROW LEVEL SECURITY;
ALTER TABLE diagnostics FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON diagnostics USING (tenant = current_setting('meet.tenant', true));
