# Redis for the cluster tests, from Debian's package.
ARG DEBIAN=debian:12.12-slim
FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /data
USER 65532:65532
EXPOSE 6379
ENTRYPOINT ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data"]
