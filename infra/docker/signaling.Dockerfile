# Context: `dotnet publish signaling/MeetOperator.Signaling -c Release -r linux-x64 --self-contained -p:RuntimeFrameworkVersion=10.0.14 -o <context>/signaling`
# and `cp -r web/app/dist <context>/web`
ARG BASE=debian:12-slim
FROM ${BASE}
# A base that has them already needs no network here.
RUN dpkg -s libssl3 ca-certificates tzdata >/dev/null 2>&1 || { apt-get update \
 && apt-get install -y --no-install-recommends libssl3 ca-certificates tzdata && rm -rf /var/lib/apt/lists/*; }
COPY --chmod=0555 signaling/ /app/
COPY --chmod=0555 web/ /web/
ENV MEET_WEB_ROOT=/web
# Works with a read-only root file system: no globalization data, no diagnostics sockets, nothing written beside what is mounted.
ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
WORKDIR /app
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/app/MeetOperator.Signaling"]
