# Context: `operator/`, the program without the runtime of the base image (infra/docker/build.sh creates it).
ARG BASE=meet-operator/base:dev
FROM ${BASE}
COPY --chmod=0555 operator/ /app/
EXPOSE 8081
ENTRYPOINT ["/app/MeetOperator.Operator"]
