-- min-reader: 3
-- How participants found the call: one answer each, from 1 (very bad) to 5 (very good).
CREATE TABLE survey_answers (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  rating INTEGER NOT NULL,
  text TEXT,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, meeting_id, participant_id),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);
