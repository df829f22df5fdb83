# A TURN server for the cluster tests, from Debian's package.
ARG DEBIAN=debian:12.12-slim
FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends coturn && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER 65532:65532
EXPOSE 3478/udp
ENTRYPOINT ["turnserver", "--log-file=stdout", "--pidfile=/tmp/turnserver.pid", "--userdb=/tmp/turndb"]
