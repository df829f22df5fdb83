-- SQLite has no row-level security; this step keeps both engines at the same version.
SELECT 1;
