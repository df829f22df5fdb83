# Build context: `dotnet publish signaling/MeetOperator.Signaling -c Release -r linux-x64 --self-contained -p:RuntimeFrameworkVersion=10.0.14 -o <context>/signaling`
# BASE: Debian 12 with libssl3, ca-certificates and tzdata (infra/README.md); only this differs between build machines.
ARG BASE=debian:12-slim
FROM ${BASE}
COPY --chmod=0555 signaling/ /app/
COPY --chmod=0555 web/ /web/
ENV MEET_WEB_ROOT=/web# Works with a read-only root file system: no globalization data, no diagnostics sockets, nothing written beside what is mounted.
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
WORKDIR /app
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/app/MeetOperator.Signaling"]
