# Context: `signaling/`, the program without the runtime of the base image (infra/docker/build.sh creates it).
ARG BASE=meet-operator/base:dev
FROM ${BASE}
COPY --chmod=0555 signaling/ /app/
EXPOSE 8080
ENTRYPOINT ["/app/MeetOperator.Signaling"]
