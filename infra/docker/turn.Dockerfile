# Context: `turn/`, the agent without the runtime of the base image (infra/docker/build.sh creates it). coturn comes from Debian.
ARG BASE=meet-operator/base:dev
ARG DEBIAN=debian:12.12-slim
FROM ${BASE} AS base
FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends coturn libssl3 ca-certificates && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY --from=base /app/ /app/
COPY --chmod=0555 turn/ /app/
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536
WORKDIR /app
USER 65532:65532
EXPOSE 3478/udp 3478/tcp 8091
ENTRYPOINT ["/app/MeetOperator.Turn"]
