using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class MachineHeartbeatsTests
{
    private readonly ManualTime _time = new();
    private readonly MachineHeartbeats _heartbeats;
    private int _version;

    public MachineHeartbeatsTests() => _heartbeats = new MachineHeartbeats(_time);

    [Fact]
    public void IsSilent_OnlyOneMachineStopsRenewing_ReturnsTrueAfterTwelveSeconds()
    {
        Renew("n1");
        Renew("n2");
        Pass(10);
        Renew("n2");
        Pass(1.9);
        Assert.False(_heartbeats.IsSilent("n1"));

        Pass(0.1);

        Assert.True(_heartbeats.IsSilent("n1"));
        Assert.False(_heartbeats.IsSilent("n2"));
        Renew("n1");
        Assert.False(_heartbeats.IsSilent("n1"));
    }

    /// <summary>The API server is down, or the operator is cut off from it.</summary>
    [Fact]
    public void IsSilent_NobodyRenews_ReturnsFalse()
    {
        Renew("n1");
        Renew("n2");

        Pass(60);

        Assert.False(_heartbeats.IsSilent("n1"));
    }

    /// <summary>The zone of the API server is cut off from the others, whose media nodes may still have calls.</summary>
    [Fact]
    public void IsSilent_MostMachinesStopRenewing_ReturnsFalse()
    {
        foreach (var machine in (string[])["n1", "n2", "n3", "control"])
        {
            Renew(machine);
        }

        Pass(20);
        Renew("control");

        Assert.False(_heartbeats.IsSilent("n1"));
    }

    [Fact]
    public void IsSilent_OnlyMachine_ReturnsFalse()
    {
        Renew("n1");
        Pass(60);
        Assert.False(_heartbeats.IsSilent("n1"));
    }

    /// <summary>A list after a watch that was interrupted shows the same version again, and the wall clock of the machine does not matter.</summary>
    [Fact]
    public void IsSilent_SameVersionAgain_IsNoRenewal()
    {
        Renew("n1");
        var version = _version;
        Pass(11);
        Renew("n2");
        Observe("n1", version);

        Pass(1);

        Assert.True(_heartbeats.IsSilent("n1"));
    }

    [Fact]
    public void IsSilent_LongerLease_WaitsLonger()
    {
        Renew("n1", seconds: 100);
        Pass(29);
        Renew("n2");
        Assert.False(_heartbeats.IsSilent("n1"));
        Pass(1);
        Assert.True(_heartbeats.IsSilent("n1"));
    }

    [Fact]
    public void IsSilent_UnknownOrForgottenMachine_ReturnsFalse()
    {
        Renew("n1");
        Pass(60);
        Renew("n2");
        _heartbeats.Forget("n1");

        Assert.False(_heartbeats.IsSilent("n1"));
        Assert.False(_heartbeats.IsSilent("n3"));
    }

    [Fact]
    public void HasRenewedSince_RenewedLater_ReturnsTrue()
    {
        Renew("n1");
        Pass(1);
        var since = _time.GetTimestamp();
        Observe("n1", _version);
        Assert.False(_heartbeats.HasRenewedSince("n1", since));
        Assert.False(_heartbeats.HasRenewedSince("n2", since));

        Pass(1);
        Renew("n1");

        Assert.True(_heartbeats.HasRenewedSince("n1", since));
    }

    private void Renew(string machine, int seconds = 40) => Observe(machine, ++_version, seconds);

    private void Observe(string machine, int version, int seconds = 40) =>
        _heartbeats.Observe(new Lease { Metadata = new ObjectMeta { Name = machine, ResourceVersion = $"{version}" }, Spec = new LeaseSpec { LeaseDurationSeconds = seconds } });

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
