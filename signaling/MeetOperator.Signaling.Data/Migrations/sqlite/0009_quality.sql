-- min-reader: 3
-- What participants report about their lines and the tracks that they receive: the latest values, and sums from which averages are computed.
CREATE TABLE quality_lines (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  rtt_ms REAL,
  send_loss REAL NOT NULL,
  receive_loss REAL NOT NULL,
  send_kbps REAL NOT NULL,
  receive_kbps REAL NOT NULL,
  first_frame_ms REAL,
  reports BIGINT NOT NULL,
  rtt_reports BIGINT NOT NULL,
  sum_rtt_ms REAL NOT NULL,
  sum_send_loss REAL NOT NULL,
  sum_receive_loss REAL NOT NULL,
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
  kbps REAL NOT NULL,
  loss REAL NOT NULL,
  jitter_ms REAL NOT NULL,
  frozen REAL NOT NULL,
  frames_per_second REAL,
  height INTEGER,
  reports BIGINT NOT NULL,
  poor_reports BIGINT NOT NULL,
  sum_kbps REAL NOT NULL,
  sum_loss REAL NOT NULL,
  sum_jitter_ms REAL NOT NULL,
  sum_frozen REAL NOT NULL,
  PRIMARY KEY (tenant, meeting_id, participant_id, sender_id, source),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);
