-- min-reader: 3
-- Retention deletes the rows of old ended meetings of all tenants, including deleted tenants. Only connections with meet.retention = on may do so.
CREATE INDEX meetings_ended ON meetings (end_time) WHERE status = 'ended';
CREATE POLICY retention_read ON meetings FOR SELECT USING (current_setting('meet.retention', true) = 'on' AND status = 'ended');
CREATE POLICY retention_remove ON meetings FOR DELETE USING (current_setting('meet.retention', true) = 'on' AND status = 'ended');
