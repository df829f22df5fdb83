# Build context: `dotnet publish media-node/MeetOperator.MediaNode -c Release -r linux-x64 --self-contained -p:RuntimeFrameworkVersion=10.0.14 -o <context>/media-node`
# BASE: Debian 12 with libssl3, ca-certificates and tzdata (infra/README.md); only this differs between build machines.
ARG BASE=debian:12-slim
FROM ${BASE}
RUN test -e /usr/lib/x86_64-linux-gnu/libssl.so.3 || { apt-get update && apt-get install -y --no-install-recommends libssl3 && rm -rf /var/lib/apt/lists/*; }COPY --chmod=0555 media-node/ /app/
# Works with a read-only root file system: no globalization data, no diagnostics sockets, nothing written beside what is mounted.
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
WORKDIR /app
USER 65532:65532
EXPOSE 8090
ENTRYPOINT ["/app/MeetOperator.MediaNode"]
