-- min-reader: 3
-- Batches of quality reports that have been added, each until its writer knows it, so that a write that is repeated after an outage adds nothing twice.
CREATE TABLE quality_batches (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  batch TEXT NOT NULL,
  PRIMARY KEY (tenant, meeting_id, batch),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);
