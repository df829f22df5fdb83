ALTER TABLE chat_messages ADD COLUMN reference TEXT;
UPDATE chat_messages SET reference = '~' || message_id;
CREATE UNIQUE INDEX chat_references ON chat_messages (tenant, meeting_id, sender_id, reference);
CREATE INDEX meetings_by_id ON meetings (meeting_id);
