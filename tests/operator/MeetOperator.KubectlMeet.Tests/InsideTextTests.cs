using System.Net;
using MeetOperator.KubectlMeet.Inside;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>How work gets into the Pod of a check, and the result out of it.</summary>
public sealed class InsideTextTests
{
    [Fact]
    public void Write_ManyPorts_IsReadAgainFromSmallArgumentsThatNoKubeletExpands()
    {
        NetTarget[] ports = [.. Enumerable.Range(1, 3_000).Select(port => new NetTarget("pools/$(HOME)", "a", new IPEndPoint(IPAddress.Parse("fd00::1"), port), StunTransport.Tls, "relay.example.com"))];

        var arguments = InsideText.Write(new InsideWork { Ports = ports });

        Assert.True(arguments.Count > 1);
        Assert.All(arguments, argument => Assert.True(argument.Length <= InsideText.MaxArgument && !argument.Contains('$', StringComparison.Ordinal)));
        Assert.Equal(ports, InsideText.ReadWork(arguments).Ports);
    }

    [Fact]
    public void ReadResult_LinesBefore_TakesTheLast()
    {
        var result = new InsideResult { Ports = new NetFindings([new NetCheck("p", "m", "192.0.2.1:1", "udp", NetOutcome.NoAnswer, null, "fix")], ["192.0.2.2"]) };

        var read = InsideText.ReadResult($"a warning\n{InsideText.Write(result)}\n");

        Assert.Equal((result.Ports.Checks[0], "192.0.2.2"), (Assert.Single(read!.Ports!.Checks), Assert.Single(read.Ports.SeenAs)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("error: unknown command '__check'")]
    [InlineData("{\"relays\": [{}]}")]
    [InlineData("[]")]
    public void ReadResult_AnotherVersion_IsNone(string log) => Assert.Null(InsideText.ReadResult(log));
}
