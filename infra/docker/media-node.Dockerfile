# Context: `dotnet publish media-node/MeetOperator.MediaNode -c Release -r linux-x64 --self-contained -p:RuntimeFrameworkVersion=10.0.14 -o <context>/media-node`
ARG BASE=debian:12-slim
FROM ${BASE}
# A base that has them already needs no network here.
RUN dpkg -s libssl3 ca-certificates tzdata >/dev/null 2>&1 || { apt-get update \
 && apt-get install -y --no-install-recommends libssl3 ca-certificates tzdata && rm -rf /var/lib/apt/lists/*; }
COPY --chmod=0555 media-node/ /app/
# Works with a read-only root file system: no globalization data, no diagnostics sockets, nothing written beside what is mounted.
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
WORKDIR /app
USER 65532:65532
EXPOSE 8090
ENTRYPOINT ["/app/MeetOperator.MediaNode"]
