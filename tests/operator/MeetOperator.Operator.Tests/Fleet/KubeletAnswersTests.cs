using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Lists;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class KubeletAnswersTests
{
    private const string Request = "Get \"https://10.0.0.7:10250/containerLogs/meet-a/p-1/media-node?limitBytes=256&tailLines=1\": ";

    [Theory]
    [InlineData(500, Request + "dial tcp 10.0.0.7:10250: i/o timeout")]
    [InlineData(500, Request + "dial tcp 10.0.0.7:10250: connect: no route to host")]
    [InlineData(500, Request + "dial tcp 10.0.0.7:10250: connect: connection timed out")]
    [InlineData(504, Request + "dial tcp 10.0.0.7:10250: connect: host is down")]
    [InlineData(500, Request + "dial timeout, backstop")]
    public void Of_KubeletCannotBeReached_ReturnsNone(int code, string message) => Assert.Equal(KubeletAnswer.None, Of(code, message));

    [Theory]
    [InlineData(500, Request + "dial tcp 10.0.0.7:10250: connect: connection refused")]
    [InlineData(500, Request + "remote error: tls: internal error")]
    [InlineData(500, Request + "dial tcp: lookup worker-2 on 10.96.0.10:53: read udp 10.0.0.1:4711->10.96.0.10:53: i/o timeout")]
    [InlineData(500, "Internal error occurred: rpc error: code = Unavailable desc = dial unix /run/containerd/containerd.sock: i/o timeout")]
    [InlineData(500, "No agent available")]
    [InlineData(500, null)]
    [InlineData(503, "the server is currently unable to handle the request")]
    [InlineData(504, "Timeout: request did not complete within the allotted timeout")]
    [InlineData(429, "Too many requests, dial tcp 10.0.0.7:10250: i/o timeout")]
    [InlineData(400, "container \"media-node\" in pod \"p-1\" is waiting to start: ContainerCreating")]
    [InlineData(404, "pods \"p-1\" not found")]
    [InlineData(401, "Unauthorized")]
    public void Of_AnotherError_ReturnsOther(int code, string? message) => Assert.Equal(KubeletAnswer.Other, Of(code, message));

    [Fact]
    public void Of_Forbidden_ReturnsForbidden() => Assert.Equal(KubeletAnswer.Forbidden, Of(403, "pods \"p-1\" is forbidden: cannot get resource \"pods/log\""));

    private static KubeletAnswer Of(int code, string? message) => KubeletAnswers.Of(new KubeApiException(new Status { Code = code, Message = message }));
}
