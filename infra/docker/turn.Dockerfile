# Context: `turn/`, the agent without the runtime of the base image (infra/docker/build.sh creates it).
# coturn comes from the next release of Debian, because stable has 4.6.1, which lacks security fixes; everything else comes from stable. apt refuses a coturn that needs more than stable has.
ARG BASE=meet-operator/base:dev
ARG DEBIAN=debian:13-slim
FROM ${BASE} AS base
FROM ${DEBIAN}
ARG COTURN_SUITE=forky
RUN mirror=$(grep -rhoE 'https?://[^] ]+' /etc/apt/sources.list /etc/apt/sources.list.d/ 2>/dev/null | grep -v security | head -n 1) \
 && echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $COTURN_SUITE main" >/etc/apt/sources.list.d/coturn.list \
 && printf 'Package: *\nPin: release n=%s\nPin-Priority: 50\n\nPackage: coturn\nPin: release n=%s\nPin-Priority: 990\n' "$COTURN_SUITE" "$COTURN_SUITE" >/etc/apt/preferences.d/coturn \
 && apt-get update && apt-get install -y --no-install-recommends coturn libssl3t64 ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /etc/apt/sources.list.d/coturn.list /etc/apt/preferences.d/coturn
COPY --from=base /app/ /app/
COPY --chmod=0555 turn/ /app/
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536
WORKDIR /app
USER 65532:65532
EXPOSE 3478/udp 3478/tcp 8091
ENTRYPOINT ["/app/MeetOperator.Turn"]
