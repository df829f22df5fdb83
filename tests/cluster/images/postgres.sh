#!/bin/sh
# Makes user and database `meet` with the password in POSTGRES_PASSWORD when /data is empty, then runs PostgreSQL.
set -eu
if [ ! -s /data/db/PG_VERSION ]; then
  rm -rf /data/db
  echo "$POSTGRES_PASSWORD" >/data/password
  initdb --pgdata=/data/db --username=meet --pwfile=/data/password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
  rm /data/password
  echo 'host all all all scram-sha-256' >>/data/db/pg_hba.conf
  echo "CREATE DATABASE meet;" | postgres --single -D /data/db -j postgres
fi
exec postgres -D /data/db -c listen_addresses='*' -c unix_socket_directories=/data -c fsync=off -c jit=off
