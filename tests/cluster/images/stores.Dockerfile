# PostgreSQL and Redis for the cluster tests, from the Debian packages of this machine (see stores_context). Both store their data in /data; the first start creates
# the database of PostgreSQL.
FROM scratch
COPY files/ /
COPY --chmod=0555 postgres.sh /bin/postgres.sh
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin TZ=Etc/UTC
WORKDIR /data
USER 65532:65532
