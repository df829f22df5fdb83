-- min-reader: 3
CREATE INDEX meetings_open ON meetings (tenant, meeting_id) WHERE status = 'open';
