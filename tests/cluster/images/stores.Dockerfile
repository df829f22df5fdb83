# PostgreSQL and Redis for the cluster tests, from Debian's packages. Both store their data in /data; the first start creates the database of PostgreSQL.
ARG DEBIAN=debian:12.12-slim
FROM ${DEBIAN} AS debian
COPY collect.sh /
# LLVM is removed, because only JIT-compiled queries need it.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-15 redis-server busybox-static \
 && rm -rf /usr/lib/postgresql/15/lib/bitcode /usr/lib/postgresql/15/lib/llvmjit* \
 && sh /collect.sh /usr/bin/redis-server /usr/lib/postgresql/15/bin/postgres /usr/lib/postgresql/15/bin/initdb \
    /usr/lib/postgresql/15/lib /usr/share/postgresql/15 /usr/share/zoneinfo/Etc /usr/lib/locale/C.utf8

FROM scratch
COPY --from=debian /files/ /
COPY --chmod=0555 postgres.sh /bin/postgres.sh
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin TZ=Etc/UTC
WORKDIR /data
USER 65532:65532
