# Context: `media-node/`, the program without the runtime of the base image (infra/docker/build.sh creates it).
ARG BASE=meet-operator/base:dev
FROM ${BASE}
COPY --chmod=0555 media-node/ /app/
EXPOSE 8090
ENTRYPOINT ["/app/MeetOperator.MediaNode"]
