#!/bin/sh
# Creates the database `meet` and its owner `meet` with the password in POSTGRES_PASSWORD when /data is empty; then runs PostgreSQL.
set -eu
if [ ! -s /data/db/made ]; then
  rm -rf /data/db
  initdb --pgdata=/data/db --username=postgres --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
  echo 'host all all all scram-sha-256' >>/data/db/pg_hba.conf
  # The role is not a superuser, because row-level security does not apply to superusers.
  printf '%s\n' "CREATE ROLE meet LOGIN PASSWORD '$POSTGRES_PASSWORD';" "CREATE DATABASE meet OWNER meet;" | postgres --single -D /data/db postgres
  date >/data/db/made
fi
exec postgres -D /data/db -c listen_addresses='*' -c unix_socket_directories=/data -c fsync=off -c jit=off
