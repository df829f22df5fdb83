CREATE TABLE users (
  tenant TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT,
  profile_picture TEXT,
  PRIMARY KEY (tenant, user_id)
);

CREATE TABLE meetings (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  host_id TEXT NOT NULL,
  title TEXT NOT NULL,
  start_time BIGINT NOT NULL,
  end_time BIGINT,
  status TEXT NOT NULL CHECK (status IN ('open', 'ended')),
  max_participants INTEGER NOT NULL,
  settings TEXT NOT NULL,
  last_message_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, meeting_id)
);

CREATE TABLE participants (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  user_id TEXT,
  display_name TEXT NOT NULL,
  role TEXT NOT NULL,
  join_time BIGINT NOT NULL,
  leave_time BIGINT,
  connection_status TEXT NOT NULL,
  audio_enabled BOOLEAN NOT NULL,
  video_enabled BOOLEAN NOT NULL,
  PRIMARY KEY (tenant, meeting_id, participant_id),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);

CREATE TABLE media_streams (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  stream_type TEXT NOT NULL,
  codec TEXT,
  resolution TEXT,
  bitrate BIGINT,
  PRIMARY KEY (tenant, meeting_id, stream_id),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);

CREATE TABLE chat_messages (
  tenant TEXT NOT NULL,
  meeting_id TEXT NOT NULL,
  message_id BIGINT NOT NULL,
  sender_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  content TEXT NOT NULL,
  timestamp BIGINT NOT NULL,
  PRIMARY KEY (tenant, meeting_id, message_id),
  FOREIGN KEY (tenant, meeting_id) REFERENCES meetings ON DELETE CASCADE
);
