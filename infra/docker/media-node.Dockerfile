# Context: `media-node/`, the program without the runtime that the base has (infra/docker/build.sh fills it).
ARG BASE=meet-operator/base:dev
FROM ${BASE}
COPY --chmod=0555 media-node/ /app/
EXPOSE 8090
ENTRYPOINT ["/app/MeetOperator.MediaNode"]
