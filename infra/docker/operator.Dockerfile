# Context: `operator/`, the program without the runtime that the base has (infra/docker/build.sh fills it).
ARG BASE=meet-operator/base:dev
FROM ${BASE}
COPY --chmod=0555 operator/ /app/
EXPOSE 8081
ENTRYPOINT ["/app/MeetOperator.Operator"]
