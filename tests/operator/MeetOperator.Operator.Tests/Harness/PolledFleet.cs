using System.Diagnostics.Metrics;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Terms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>A fleet and its poller without a cluster. Nodes are added explicitly and polled over real HTTP.</summary>
internal sealed class PolledFleet : IAsyncDisposable
{
    private readonly LoggerFactory _logs;
    private readonly KubeClient _nobody = new(new KubeConfig { Server = new Uri("http://127.0.0.1:1/") });
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly NodeClients _clients;

    /// <param name="client">The client of the informers; null uses a server that does not exist.</param>
    /// <param name="time">The clock; null uses the system clock.</param>
    public PolledFleet(KubeClient? client = null, TimeProvider? time = null)
    {
        var clock = time ?? TimeProvider.System;
        _logs = new LoggerFactory([Log]);
        Health = new LoopHealth(clock);
        Cluster = MeetKinds.Observe(client ?? _nobody, Options, _logs, clock);
        var metrics = new OperatorMetrics(Cluster, new LeadershipGuard(), _services.GetRequiredService<IMeterFactory>());
        _clients = new NodeClients(new LeaderTerm(() => Interlocked.Read(ref _term), () => BeforeChange(), seen => Interlocked.Exchange(ref _term, seen + 1)), Authority, TimeProvider.System);
        Fleet = new MediaFleet(Wakeups, clock);
        Departed = new DepartedNodes(_clients, Health, _logs.CreateLogger<DepartedNodes>(), clock);
        Poller = new NodePoller(Fleet, _clients, metrics, Health, _logs.CreateLogger<NodePoller>(), clock);
    }

    private long _term = 1;

    /// <summary>Called before each changing call to a media node; throws when the process no longer leads.</summary>
    public Action BeforeChange { get; set; } = static () => { };

    /// <summary>Issues the credentials of trusted nodes.</summary>
    public ControlAuthority Authority { get; } = NewAuthority();

    public OperatorOptions Options { get; } = new();
    public RecordedLog Log { get; } = new();
    public FleetWakeups Wakeups { get; } = new();
    public LoopHealth Health { get; }
    public ClusterView Cluster { get; }
    public MediaFleet Fleet { get; }
    public NodePoller Poller { get; }
    public DepartedNodes Departed { get; }

    /// <summary>Whether this fleet's operator created the instrument; tests run in parallel in one process.</summary>
    public bool Owns(Instrument instrument) => ReferenceEquals(instrument.Meter.Scope, _services.GetRequiredService<IMeterFactory>());

    public static PollTarget Target(SimulatedMediaNode node) => Target(node.Name, node.Address);

    public static PollTarget Target(string name, Uri address) => new(new NamespacedName("meet-a", name), "pod-" + name, address, ControlNames.OfNode("meet-a", name));

    public static ControlAuthority NewAuthority()
    {
        var authority = new ControlAuthority(TimeProvider.System);
        authority.Use(new Authorities { Signing = Operator.Certificates.Authority.Create("test", TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(365)) });
        return authority;
    }

    public Task<SimulatedMediaNode> StartNodeAsync(string name) => StartNodeAsync(name, Authority);

    public static Task<SimulatedMediaNode> StartNodeAsync(string name, ControlAuthority authority) =>
        SimulatedMediaNode.StartAsync(name, authority.IssueFor(new NamespacedName("meet-a", name)));

    /// <summary>Adds the node and polls it.</summary>
    public void Add(PollTarget target)
    {
        Observe(target);
        Poller.Watch(target.Node, target);
    }

    public void Observe(PollTarget target)
    {
        var metadata = new ObjectMeta { Name = target.Node.Name, Namespace = target.Node.Namespace };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = target.PodUid }, Status = new PodStatus { Phase = "Running" } };
        Fleet.Observe(new SfuNode { Metadata = metadata, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } }, new SfuPool { Spec = new SfuPoolSpec() }, pod, false, target);
    }

    public async ValueTask DisposeAsync()
    {
        await Poller.DisposeAsync();
        await Departed.DisposeAsync();
        _clients.Dispose();
        _services.Dispose();
        Health.Dispose();
        _nobody.Dispose();
        _logs.Dispose();
    }
}
