-- min-reader: 3
-- Open meetings of all tenants, including deleted tenants, are compared with their Meeting objects. Connections with meet.retention = open may only read them.
CREATE INDEX meetings_open ON meetings (tenant, meeting_id) WHERE status = 'open';
CREATE POLICY open_read ON meetings FOR SELECT USING (current_setting('meet.retention', true) = 'open' AND status = 'open');
