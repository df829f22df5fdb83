-- A connection sees the rows of the tenant in meet.tenant, and also the meeting with the ID in meet.meeting: the ID is the secret in the meeting's link.
-- FORCE applies the policies to the owner of the tables too, which is the role that signaling connects with. A later migration that changes rows must
-- therefore disable FORCE while it does so.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON users USING (tenant = current_setting('meet.tenant', true));

ALTER TABLE meetings ENABLE ROW LEVEL SECURITY;
ALTER TABLE meetings FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON meetings USING (tenant = current_setting('meet.tenant', true));
CREATE POLICY known_id ON meetings FOR SELECT USING (meeting_id = current_setting('meet.meeting', true));

ALTER TABLE participants ENABLE ROW LEVEL SECURITY;
ALTER TABLE participants FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON participants USING (tenant = current_setting('meet.tenant', true));

ALTER TABLE media_streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE media_streams FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON media_streams USING (tenant = current_setting('meet.tenant', true));

ALTER TABLE chat_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE chat_messages FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON chat_messages USING (tenant = current_setting('meet.tenant', true));
