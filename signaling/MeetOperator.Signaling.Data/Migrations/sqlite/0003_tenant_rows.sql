-- SQLite has no row-level security; this migration keeps both engines at the same version.
SELECT 1;
