-- min-reader: 3
-- Every instance regularly reads the removed participants of its meetings.
CREATE INDEX participants_removed ON participants (tenant, meeting_id, participant_id) WHERE connection_status = 'removed';
