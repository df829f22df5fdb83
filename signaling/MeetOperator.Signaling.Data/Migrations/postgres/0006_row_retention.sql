-- min-reader: 3
-- Rows of meetings that ended long ago are removed over all tenants, also over those that exist no more: by a connection that says so and for nothing else.
CREATE INDEX meetings_ended ON meetings (end_time) WHERE status = 'ended';
CREATE POLICY retention_read ON meetings FOR SELECT USING (current_setting('meet.retention', true) = 'on' AND status = 'ended');
CREATE POLICY retention_remove ON meetings FOR DELETE USING (current_setting('meet.retention', true) = 'on' AND status = 'ended');
