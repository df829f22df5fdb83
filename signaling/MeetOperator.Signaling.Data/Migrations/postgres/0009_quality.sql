-- min-reader: 3
-- What participants report about their lines and the tracks that they receive: the latest values, and sums from which averages are computed.
CREATE TABLE quality_lines (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  rtt_ms DOUBLE PRECISION,
  send_loss DOUBLE PRECISION NOT NULL,
  receive_loss DOUBLE PRECISION NOT NULL,
  send_kbps DOUBLE PRECISION NOT NULL,
  receive_kbps DOUBLE PRECISION NOT NULL,
  first_frame_ms DOUBLE PRECISION,
  reports BIGINT NOT NULL,
  rtt_reports BIGINT NOT NULL,
  sum_rtt_ms DOUBLE PRECISION NOT NULL,
  sum_send_loss DOUBLE PRECISION NOT NULL,
  sum_receive_loss DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, meeting_id, participant_id),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);

CREATE TABLE quality_tracks (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  source TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  quality TEXT NOT NULL,
  kbps DOUBLE PRECISION NOT NULL,
  loss DOUBLE PRECISION NOT NULL,
  jitter_ms DOUBLE PRECISION NOT NULL,
  frozen DOUBLE PRECISION NOT NULL,
  frames_per_second DOUBLE PRECISION,
  height INTEGER,
  reports BIGINT NOT NULL,
  poor_reports BIGINT NOT NULL,
  sum_kbps DOUBLE PRECISION NOT NULL,
  sum_loss DOUBLE PRECISION NOT NULL,
  sum_jitter_ms DOUBLE PRECISION NOT NULL,
  sum_frozen DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, meeting_id, participant_id, sender_id, source),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);

ALTER TABLE quality_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE quality_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON quality_lines USING (tenant = current_setting('meet.tenant', true));

ALTER TABLE quality_tracks ENABLE ROW LEVEL SECURITY;
ALTER TABLE quality_tracks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON quality_tracks USING (tenant = current_setting('meet.tenant', true));
