# PostgreSQL for the cluster tests, from Debian's package. Its data live in /data, made on the first start.
ARG DEBIAN=debian:12.12-slim
FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-15 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 # Only for compiled queries, and half of the image.
 && rm -f /usr/lib/x86_64-linux-gnu/libLLVM-* \
 && printf 'meet:x:65532:65532::/data:/bin/sh\n' >>/etc/passwd && printf 'meet:x:65532:\n' >>/etc/group
COPY --chmod=0555 postgres.sh /usr/local/bin/postgres.sh
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin
USER 65532:65532
EXPOSE 5432
ENTRYPOINT ["/usr/local/bin/postgres.sh"]
