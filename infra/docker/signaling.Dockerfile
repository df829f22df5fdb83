# Context: `signaling/`, the program without the runtime that the base has (infra/docker/build.sh fills it).
ARG BASE=meet-operator/base:dev
FROM ${BASE}
COPY --chmod=0555 signaling/ /app/
EXPOSE 8080
ENTRYPOINT ["/app/MeetOperator.Signaling"]
