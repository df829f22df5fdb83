-- min-reader: 3
-- Open meetings are compared with their objects over all tenants, also over those that exist no more: by a connection that says so, which only reads.
CREATE INDEX meetings_open ON meetings (tenant, meeting_id) WHERE status = 'open';
CREATE POLICY open_read ON meetings FOR SELECT USING (current_setting('meet.retention', true) = 'open' AND status = 'open');
