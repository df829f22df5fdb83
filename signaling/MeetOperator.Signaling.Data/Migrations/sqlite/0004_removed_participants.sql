-- min-reader: 3
-- Every instance looks again and again at who was removed from the meetings it serves.
CREATE INDEX participants_removed ON participants (tenant, meeting_id, participant_id) WHERE connection_status = 'removed';
