# The files of the page, and the program that copies them into the volume from which signaling serves them.
# Context: `web/`, a copy of web/app/dist (infra/docker/build.sh creates it).
ARG DEBIAN=debian:12.12-slim
FROM ${DEBIAN} AS debian
# A base image that contains the package needs no network access.
RUN dpkg -s busybox-static >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends busybox-static; }
RUN mkdir -p /files/bin && cp /bin/busybox /files/bin/busybox && ln -s busybox /files/bin/cp

FROM scratch
COPY --from=debian /files/ /
# The copies keep the mode: when a machine restarts, the same Pod copies them once more over those that its volume already has.
COPY --chmod=0755 web/ /web/
USER 65532:65532
ENTRYPOINT ["/bin/cp", "-R", "/web/."]
CMD ["/srv/web"]
