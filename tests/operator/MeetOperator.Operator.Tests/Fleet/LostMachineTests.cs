using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>What the fleet makes of a probe that found a machine lost: n1 and n2 are on machine m1, n3 is on m2.</summary>
public sealed class LostMachineTests : FleetStage
{
    private readonly MachineHeartbeats _heartbeats;
    private readonly MediaFleet _fleet;
    private int _silences;

    public LostMachineTests()
    {
        _heartbeats = new MachineHeartbeats(Time);
        _fleet = new MediaFleet(Wakeups, Time, _heartbeats);
        Wakeups.NodeSilent = () => _silences++;
        foreach (var (name, machine) in (ReadOnlySpan<(string, string)>)[("n1", "m1"), ("n2", "m1"), ("n3", "m2")])
        {
            Answer(Observe(name, machine));
        }

        Pass();
    }

    [Fact]
    public void RecordMissedPoll_FirstOfASilence_StartsProbes()
    {
        MissMachine();
        MissMachine();
        Assert.Equal(2, _silences);

        Answer(Target("n1"));
        Assert.Equal(2, _silences);
        Miss("n1");

        Assert.Equal(3, _silences);
    }

    /// <summary>The process answered, so its machine works.</summary>
    [Fact]
    public void RecordMissedPoll_InvalidReport_IsNoSilence()
    {
        _fleet.RecordMissedPoll(Target("n1"), "bad", hasInvalidReport: true);
        _fleet.RecordMissedPoll(Target("n2"), "bad", isUntrusted: true);

        Assert.Equal(0, _silences);
        Assert.All(_fleet.FindMachines(), machine => Assert.Null(machine.UnansweredSince));
    }

    [Fact]
    public void RecordProbe_MachineIsLost_MeetingsAreWokenAtOnce()
    {
        var placed = _fleet.Place(new MeetingDemand { MeetingId = "standup", Namespace = "meet-a" }, Ref("standup"))!.Nodes.Single().SfuNode;
        var (machine, other) = placed == "n3" ? ("m2", "n1") : ("m1", "n3");
        MissAll(machine);
        Assert.False(IsDead(placed));
        Woken.Clear();

        Assert.True(_fleet.RecordProbe(Probe(placed, control: other), KubeletAnswer.None, KubeletAnswer.Log).IsNew);

        Assert.True(IsDead(placed));
        Assert.Contains("standup", Woken);
        Assert.Contains($"neither the operator nor the API server reaches cluster node {machine}", _fleet.View(Key(placed))!.Decision.Message, StringComparison.Ordinal);
        Assert.Equal((true, false), _fleet.RecordProbe(Probe(placed, control: other), KubeletAnswer.None, KubeletAnswer.Log));
    }

    [Fact]
    public void RecordProbe_KubeletAnswers_NodeIsUnreachable()
    {
        MissAll("m1");

        _fleet.RecordProbe(Probe("n1"), KubeletAnswer.Log, KubeletAnswer.Log);

        Assert.True(_fleet.View(Key("n1")) is { IsDead: false, IsUnreachable: true });
    }

    /// <summary>The probe was answered late, after two polls without a response.</summary>
    [Fact]
    public void RecordProbe_FewerThanThreeMissedPolls_NodeStaysUntilTheThird()
    {
        MissMachine();
        MissMachine();
        Assert.Equal((false, true), _fleet.RecordProbe(Probe("n1"), KubeletAnswer.None, KubeletAnswer.Log));
        Assert.False(IsDead("n1"));

        MissMachine();

        Assert.True(IsDead("n1"));
    }

    [Theory]
    [InlineData("n1")]
    [InlineData("n2")]
    public void RecordReport_NodeOnALostMachineAnswers_EvidenceIsDropped(string answering)
    {
        Lose();

        Answer(Target(answering));
        MissAll("m1");

        Assert.False(IsDead("n1"));
        Assert.False(IsDead("n2"));
    }

    [Fact]
    public void RecordProbe_NodeAnsweredMeanwhile_ResultIsIgnored()
    {
        MissAll("m1");
        var probe = Probe("n1");
        Answer(Target("n1"));
        MissAll("m1");

        Assert.Equal((false, false), _fleet.RecordProbe(probe, KubeletAnswer.None, KubeletAnswer.Log));

        Assert.False(IsDead("n1"));
    }

    [Fact]
    public void RecordProbe_LaterProbeIsAnswered_EvidenceIsDropped()
    {
        Lose();

        _fleet.RecordProbe(Probe("n1"), KubeletAnswer.Other, KubeletAnswer.Log);

        Assert.False(IsDead("n1"));
    }

    /// <summary>The API server never reaches this kubelet, for example because of a firewall, but the kubelet reaches the API server.</summary>
    [Fact]
    public void RecordProbe_LeaseRenewedDuringTheSilence_IsNoEvidence()
    {
        Renew("1");
        Pass();
        Lose();
        Pass();

        Renew("2");

        Assert.False(IsDead("n1"));
        Assert.Equal((false, false), _fleet.RecordProbe(Probe("n1"), KubeletAnswer.None, KubeletAnswer.Log));
    }

    [Fact]
    public void Contains_FoundBeforeTheSilence_ReturnsFalse()
    {
        var machines = new LostMachines(Time, _heartbeats);
        machines.Record("m1", isLost: true);
        var found = Time.GetTimestamp();

        Assert.True(machines.Contains("m1", found));
        Assert.False(machines.Contains("m1", found + 1));
        Assert.False(machines.Contains("m2", found));
    }

    private void Lose()
    {
        MissAll("m1");
        Assert.True(_fleet.RecordProbe(Probe("n1"), KubeletAnswer.None, KubeletAnswer.Log).IsNew);
        Assert.True(IsDead("n1"));
        Assert.True(IsDead("n2"));
    }

    private void MissAll(string machine)
    {
        foreach (var node in _fleet.FindMachines().Where(node => node.Machine == machine))
        {
            for (var poll = 0; poll < 3; poll++)
            {
                Miss(node.Pod.Name);
            }
        }

        Pass();
    }

    private void MissMachine()
    {
        Miss("n1");
        Miss("n2");
        Pass();
    }

    private void Miss(string name) => _fleet.RecordMissedPoll(Target(name), "no answer");

    private void Answer(PollTarget target)
    {
        _fleet.RecordReport(target, Of(), Time.GetTimestamp());
        Pass();
    }

    private bool IsDead(string name) => _fleet.View(Key(name))!.IsDead;

    private MachineProbe Probe(string pod, string control = "n3")
    {
        var node = _fleet.FindMachines().Single(node => node.Pod.Name == pod);
        return new MachineProbe(node.Machine, node.Pod, node.UnansweredSince!.Value, Key(control));
    }

    private void Renew(string version) => _heartbeats.Observe(new Lease { Metadata = new ObjectMeta { Name = "m1", ResourceVersion = version }, Spec = new LeaseSpec { LeaseDurationSeconds = 40 } });

    private void Pass() => Time.Advance(TimeSpan.FromMilliseconds(1));

    private static PollTarget Target(string name) => new(Key(name), "pod-" + name, new Uri("http://127.0.0.1:1/"), "token");

    private PollTarget Observe(string name, string machine)
    {
        var target = Target(name);
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } };
        var running = new Pod { Metadata = new ObjectMeta { Uid = target.PodUid }, Spec = new PodSpec { NodeName = machine }, Status = new PodStatus { Phase = "Running" } };
        _fleet.Observe(node, new SfuPool { Spec = new SfuPoolSpec { Capacity = new SfuCapacity { MaxMeetings = 5, MaxParticipants = 50 } } }, running, false, target);
        return target;
    }
}
