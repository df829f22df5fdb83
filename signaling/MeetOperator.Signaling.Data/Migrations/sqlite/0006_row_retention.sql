-- min-reader: 3
CREATE INDEX meetings_ended ON meetings (end_time) WHERE status = 'ended';
