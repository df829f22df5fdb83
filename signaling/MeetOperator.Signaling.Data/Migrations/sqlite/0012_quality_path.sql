-- min-reader: 3
-- Null until a client has reported its path. Earlier clients report none.
ALTER TABLE quality_lines ADD COLUMN path TEXT;
ALTER TABLE quality_lines ADD COLUMN path_reason TEXT;
