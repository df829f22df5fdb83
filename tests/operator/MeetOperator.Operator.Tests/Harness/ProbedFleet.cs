using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>A fleet whose machines are probed through a <see cref="LogServer"/>. A test says which media nodes answer the operator.</summary>
internal sealed class ProbedFleet : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly FleetWakeups _wakeups = new();
    private readonly LoggerFactory _logs;
    private readonly LoopHealth _health;
    private readonly TimeProvider _time;
    private readonly KubeClient _client;
    private readonly ServiceReplicas _replicas;
    private readonly Task _running;

    private ProbedFleet(LogServer server, TimeProvider time)
    {
        (Server, _time) = (server, time);
        _logs = new LoggerFactory([Log]);
        _health = new LoopHealth(time);
        Fleet = new MediaFleet(_wakeups, time);
        _client = new KubeClient(server.Config, null, time);
        _replicas = new ServiceReplicas(_client, "meet-system", _logs.CreateLogger<ServiceReplicas>(), time);
        var prober = new MachineProber(
            Fleet, _wakeups, timeout => new KubeClient(server.Config, new KubeClientOptions { RequestTimeout = timeout }, time), _replicas, _health, _logs.CreateLogger<MachineProber>(), time);
        _running = Task.Run(() => prober.RunAsync(_stop.Token));
    }

    public LogServer Server { get; }

    public MediaFleet Fleet { get; }

    public RecordedLog Log { get; } = new();

    public static async Task<ProbedFleet> StartAsync(TimeProvider? time = null) => new(await LogServer.StartAsync(), time ?? TimeProvider.System);

    /// <summary>Adds a media node that answers.</summary>
    public void Add(string name, string machine)
    {
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = "pod-" + name }, Spec = new PodSpec { NodeName = machine }, Status = new PodStatus { Phase = "Running" } };
        Fleet.Observe(node, new SfuPool { Spec = new SfuPoolSpec() }, pod, false, Target(name));
        Answer(name);
    }

    public void Answer(string name) => Fleet.RecordReport(
        Target(name), new NodeReport { Node = name, Version = "1", InstanceId = "i", State = NodeState.Ready, StartedAt = _time.GetUtcNow(), Rooms = [] }, _time.GetTimestamp());

    /// <summary>The operator's polls of these media nodes get no answer.</summary>
    public void Silence(params string[] names)
    {
        foreach (var name in Enumerable.Repeat(names, NodeStateRules.DeadAfterMissedPolls).SelectMany(static all => all))
        {
            Fleet.RecordMissedPoll(Target(name), "no answer");
        }
    }

    public bool IsDead(string name) => Fleet.View(Target(name).Node)!.IsDead;

    /// <summary>Ends the probes, as a leader does whose term ends.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Server.DisposeAsync();
        _replicas.Dispose();
        _client.Dispose();
        _health.Dispose();
        _logs.Dispose();
        _stop.Dispose();
    }

    private static PollTarget Target(string name) => new(new NamespacedName("meet-a", name), "pod-" + name, new Uri("http://127.0.0.1:1/"), "token");
}
