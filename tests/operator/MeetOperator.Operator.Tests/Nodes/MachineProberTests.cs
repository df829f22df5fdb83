using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Operator.Tests.Nodes;

/// <summary>Probes of machines through an API server. In most tests, media node a on machine m1 does not answer the operator, and b on m2 does.</summary>
public sealed class MachineProberTests
{
    [Fact]
    public async Task Silence_KubeletDoesNotAnswer_MachineIsLost()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;

        fleet.Silence("a");

        await Eventually.TrueAsync(() => fleet.IsDead("a"), "the machine is lost");
        Assert.Equal("?container=media-node&tailLines=1&limitBytes=256", fleet.Server.Query);
        Assert.Contains("Neither the operator nor the API server reaches cluster node m1", fleet.Log.ToString(), StringComparison.Ordinal);
        Assert.Equal(["a", "b", "b"], fleet.Server.Asked.Take(3).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Silence_ApiServerCannotConnect_MachineIsLostAtOnce()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.Error(500, "Get \"https://10.0.0.7:10250/\": dial tcp 10.0.0.7:10250: connect: no route to host");

        fleet.Silence("a");

        await Eventually.TrueAsync(() => fleet.IsDead("a"), "the machine is lost");
    }

    [Fact]
    public async Task Silence_HasEnded_NothingMoreIsAsked()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Silence("a");
        await Eventually.TrueAsync(() => !fleet.Server.Asked.IsEmpty, "a is asked while it is silent");
        fleet.Answer("a");
        await Eventually.TrueAsync(() => fleet.Server.Open == 0, "the last probe has ended");
        fleet.Server.Asked.Clear();
        fleet.Add("c", "m3");
        fleet.Silence("c");

        await Eventually.TrueAsync(() => fleet.Server.Asked.Count(static pod => pod == "c") >= 3, "another machine is probed repeatedly");

        // Each of these probes asks for one control, and nothing else is asked.
        Assert.InRange(fleet.Server.Asked.Count(static pod => pod != "c"), 2, 4);
    }

    /// <summary>A new leader may miss a poll of the lost machine before the others have reported.</summary>
    [Fact]
    public async Task Silence_ControlAppearsLater_MachineIsLost()
    {
        await using var fleet = await ProbedFleet.StartAsync();
        fleet.Add("a", "m1");
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Silence("a");

        fleet.Add("b", "m2");

        await Eventually.TrueAsync(() => fleet.IsDead("a"), "the machine is lost");
    }

    /// <summary>Only the operator is cut off from the media node, or the API server itself has a problem.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Silence_KubeletAnswersInAnyWay_NodeIsNotDead(int code)
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.Error(code, "dial tcp 10.0.0.7:10250: connect: connection refused");

        fleet.Silence("a");

        await NotDeadAfterProbeAsync(fleet);
    }

    /// <summary>A body that never ends shows that something answers. It is not read.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(500)]
    public async Task Silence_BodyDrips_NodeIsNotDead(int code)
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = async context =>
        {
            context.Response.StatusCode = code;
            await context.Response.WriteAsync("dial tcp 10.0.0.7:10250: i/o timeou");
            await context.Response.Body.FlushAsync();
            await LogServer.HangAsync(context);
        };

        fleet.Silence("a");

        await NotDeadAfterProbeAsync(fleet);
    }

    /// <summary>That it begins shows that the kubelet answers, so the rest is not read.</summary>
    [Fact]
    public async Task Silence_LogOfControlNeverEnds_IsNotRead()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Server.Kubelets["b"] = async context =>
        {
            for (var filler = new byte[64 * 1024]; !context.RequestAborted.IsCancellationRequested;)
            {
                await context.Response.Body.WriteAsync(filler, context.RequestAborted);
            }
        };

        fleet.Silence("a");

        await Eventually.TrueAsync(() => fleet.IsDead("a"), "the machine is lost");
        fleet.Answer("a");
        await Eventually.TrueAsync(() => fleet.Server.Open == 0, "no log is being sent");
    }

    /// <summary>The tunnel through which a managed cluster reaches kubelets has failed.</summary>
    [Fact]
    public async Task Silence_ControlDoesNotAnswerEither_NodeIsNotDead()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = fleet.Server.Kubelets["b"] = LogServer.HangAsync;

        fleet.Silence("a");

        await NotDeadAfterProbeAsync(fleet);
    }

    /// <summary>The control answered at first: whatever failed then may be why the other one did not answer.</summary>
    [Fact]
    public async Task Silence_ControlStopsAnswering_NodeIsNotDead()
    {
        await using var fleet = await TwoMachinesAsync();
        var controls = 0;
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Server.Kubelets["b"] = context => Interlocked.Increment(ref controls) == 1 ? context.Response.WriteAsync("a line\n") : LogServer.HangAsync(context);

        fleet.Silence("a");

        await NotDeadAfterProbeAsync(fleet);
    }

    [Fact]
    public async Task Silence_Forbidden_IsLoggedOnceWithTheFix()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = fleet.Server.Kubelets["b"] = LogServer.Error(403, "pods \"a\" is forbidden: i/o timeout");

        fleet.Silence("a");

        await NotDeadAfterProbeAsync(fleet);
        var log = fleet.Log.ToString();
        Assert.Equal(2, log.Split("may not get pods/log").Length);
        Assert.Contains("Upgrade the chart", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_NodeAnswersDuringTheProbe_ResultDoesNotCount()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Silence("a");
        await Eventually.TrueAsync(() => fleet.Server.Asked.Contains("a"), "the machine is probed");

        fleet.Answer("a");
        fleet.Server.Kubelets.TryRemove("a", out _);
        fleet.Silence("a");

        await NotDeadAfterProbeAsync(fleet);
    }

    [Fact]
    public async Task LostMachine_KubeletAnswersAgain_NodeIsNotDead()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Silence("a");
        await Eventually.TrueAsync(() => fleet.IsDead("a"), "the machine is lost");

        fleet.Server.Kubelets.TryRemove("a", out _);

        await Eventually.TrueAsync(() => !fleet.IsDead("a"), "the evidence is dropped");
    }

    /// <summary>While the operator was suspended, answers may have arrived that it has not read.</summary>
    [Fact]
    public async Task Silence_OperatorIsSuspended_ResultDoesNotCount()
    {
        var time = new SuspendableTime();
        await using var fleet = await TwoMachinesAsync(time);
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Silence("a");
        await Eventually.TrueAsync(() => fleet.Server.Asked.Contains("a"), "the machine is probed");

        time.Suspend();
        await Eventually.TrueAsync(() => time.SuspendedFor > TimeSpan.FromSeconds(2.6), "the time limit of the API server is over, and not that of the whole request");
        fleet.Server.Kubelets.TryRemove("a", out _);
        time.Resume();

        await NotDeadAfterProbeAsync(fleet);
    }

    /// <summary>The former leader must not act, and what it asked must not load the API server.</summary>
    [Fact]
    public async Task Silence_TermEnds_RequestsAreCanceled()
    {
        await using var fleet = await TwoMachinesAsync();
        fleet.Server.Kubelets["a"] = LogServer.HangAsync;
        fleet.Silence("a");
        await Eventually.TrueAsync(() => fleet.Server.Asked.Contains("a"), "the machine is probed");

        await fleet.StopAsync();

        await Eventually.TrueAsync(() => fleet.Server.Open == 0, "the request is canceled");
        Assert.False(fleet.IsDead("a"));
    }

    [Fact]
    public async Task Silence_SeveralNodesOfAMachine_OneProbeAtATime()
    {
        await using var fleet = await TwoMachinesAsync();
        var (now, most) = (0, 0);
        fleet.Add("a2", "m1");
        fleet.Server.Kubelets["a"] = fleet.Server.Kubelets["a2"] = async context =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await LogServer.HangAsync(context);
            Interlocked.Decrement(ref now);
        };

        fleet.Silence("a", "a2");

        await Eventually.TrueAsync(() => fleet.IsDead("a") && fleet.IsDead("a2"), "both are dead");
        await Eventually.TrueAsync(() => fleet.Server.Asked.Count(pod => pod != "b") >= 2, "the probe is repeated");
        Assert.Equal(1, most);
    }

    /// <summary>The clock first advances by less than the time limit of a probe, so that none ends.</summary>
    [Fact]
    public async Task Silence_ManyMachines_EightAtATime()
    {
        var time = new ManualTime();
        await using var fleet = await ProbedFleet.StartAsync(time);
        var silent = Enumerable.Range(0, 12).Select(index => $"a{index}").ToArray();
        foreach (var name in silent)
        {
            fleet.Add(name, "m-" + name);
            fleet.Add("b-" + name, "n-" + name);
            fleet.Server.Kubelets[name] = LogServer.HangAsync;
        }

        fleet.Silence(silent);

        var begin = time.GetTimestamp();
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(time.GetElapsedTime(begin) < TimeSpan.FromSeconds(2) ? TimeSpan.FromMilliseconds(25) : TimeSpan.Zero);
                return CountProbed() >= 8;
            },
            "eight machines are probed");
        var timers = time.TimerCount;
        time.Advance(TimeSpan.FromMilliseconds(300));
        await Eventually.TrueAsync(() => time.TimerCount >= timers, "the prober has looked for further machines");
        Assert.Equal(8, CountProbed());
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return silent.All(fleet.IsDead);
            },
            "all of them are dead",
            TimeSpan.FromMinutes(3));

        int CountProbed() => fleet.Server.Asked.Where(silent.Contains).Distinct().Count();
    }

    private static async Task<ProbedFleet> TwoMachinesAsync(TimeProvider? time = null)
    {
        var fleet = await ProbedFleet.StartAsync(time);
        fleet.Add("a", "m1");
        fleet.Add("b", "m2");
        return fleet;
    }

    /// <summary>Waits until a further probe has ended.</summary>
    private static async Task NotDeadAfterProbeAsync(ProbedFleet fleet)
    {
        var asked = fleet.Server.Asked.Count(static pod => pod == "a");
        await Eventually.TrueAsync(
            () =>
            {
                Assert.False(fleet.IsDead("a"));
                return fleet.Server.Asked.Count(static pod => pod == "a") >= asked + 2; // One begins when the one before has ended.
            },
            "the machine is probed again");
        Assert.DoesNotContain("Neither the operator nor the API server reaches", fleet.Log.ToString(), StringComparison.Ordinal); // nor for a moment
    }
}
