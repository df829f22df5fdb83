# The shared base of operator, signaling and media node: the C library, OpenSSL, certificates, time zones and the .NET runtime; no shell, no package manager.
# Context: `runtime/`, the files that are the same in all self-contained programs (infra/docker/build.sh creates it).
ARG DEBIAN=debian:12.12-slim
FROM ${DEBIAN} AS debian
ARG PACKAGES="base-files libc6 libgcc-s1 libstdc++6 libssl3 ca-certificates tzdata"
# A base image that contains the packages needs no network access.
RUN dpkg -s ${PACKAGES} >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends ${PACKAGES}; }
RUN mkdir -p /files/usr/bin /files/usr/sbin /files/usr/lib /files/usr/lib64 \
 && for package in ${PACKAGES}; do dpkg -L "$package"; done | grep -vE '^/usr/share/(doc|man|locale|lintian|ca-certificates)|/gconv(/|$)' | sort -u \
  | tar -C / --no-recursion --ignore-failed-read -cf - -T - | tar -C /files -xf - \
 && cp /etc/ssl/certs/ca-certificates.crt /files/etc/ssl/certs/ \
 && printf 'meet:x:65532:65532::/app:/usr/sbin/nologin\n' >/files/etc/passwd \
 && printf 'meet:x:65532:\n' >/files/etc/group

FROM scratch
COPY --from=debian /files/ /
COPY --chmod=0555 runtime/ /app/
# A read-only root file system is enough: no globalization data, no diagnostics sockets, and writes only to mounted volumes.
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# Two malloc arenas instead of one per thread. The JIT compiler allocates blocks of 64 KiB; as mappings, they return to the kernel when freed.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536
WORKDIR /app
USER 65532:65532
