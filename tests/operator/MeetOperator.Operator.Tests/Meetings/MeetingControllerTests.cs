using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Testing;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.Meetings.Steps;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Quotas;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Terms;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Operator.Tests.Meetings;

/// <summary>
/// The steps that place a meeting and call its media nodes, on a real API server. The clock of the calls stands still, so a call to a node that hangs ends only when a test lets its
/// timeout pass.
/// </summary>
public sealed class MeetingControllerTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Reconcile_FurtherNodeHangs_OriginIsReadyInStatusMeanwhile()
    {
        await using var stage = await Stage.StartAsync();
        stage.Other.HangsOnRooms = true;

        var reconciling = stage.ReconcileAsync();

        await stage.WaitAsync(status => status?.Assignments is [{ Role: AssignmentRole.Origin, State: AssignmentState.Ready } origin, _] && origin.SfuNode == stage.First.Name, "the status has the origin");
        await Eventually.TrueAsync(() => stage.Other.HoldingRoomCalls == 1, "the other node has the call");
        Assert.False(reconciling.IsCompleted);
        stage.Links.Time.Advance(CallTimeout);
        await reconciling;
    }

    /// <summary>The next reconcile changes the room that could not be changed.</summary>
    [Fact]
    public async Task Reconcile_RoomOnFurtherNodeIsNotChanged_SpecIsObservedOnceItIs()
    {
        await using var stage = await Stage.StartAsync();
        stage.Other.RoomCreationError = "internal";
        await stage.ReconcileAsync();
        var before = await stage.WaitAsync(status => status?.Assignments is [_, _], "the meeting is placed");
        Assert.NotEqual(stage.Generation, before!.ObservedGeneration);

        stage.Other.RoomCreationError = null;
        await stage.ReconcileAsync();

        await stage.WaitAsync(status => status?.ObservedGeneration == stage.Generation, "the spec is observed");
        Assert.Equal(100, stage.Other.Read(stage.Id, room => room.Spec.MaxParticipants));
    }

    /// <summary>Somebody has changed the meeting since it was read. What follows from the outdated one is not waited for.</summary>
    [Fact]
    public async Task Reconcile_StatusConflictsAndFurtherNodeHangs_EndsAtOnce()
    {
        await using var stage = await Stage.StartAsync();
        stage.Other.HangsOnRooms = true;
        await stage.ChangeUnnoticedAsync();

        var error = await Assert.ThrowsAsync<KubeApiException>(() => stage.ReconcileAsync().WaitAsync(Eventually.Limit));

        Assert.True(error.IsConflict);
    }

    /// <summary>A meeting that becomes empty waits for its turn, and longer for the write of first participants, which has none.</summary>
    [Fact]
    public async Task Reconcile_EmptyAfterFirstParticipants_WaitsForTheirWriteToo()
    {
        await using var stage = await Stage.StartAsync();
        var turn = 1000d / new OperatorOptions().FigureWritesPerSecond;

        var result = await stage.ComeAndGoAsync();

        Assert.InRange(result.RequeueAfter!.Value.TotalMilliseconds, 1.3 * turn, 2.5 * turn);
    }

    /// <summary>The further media node no longer answers while the write that stores since when the meeting has been empty waits for its turn.</summary>
    [Fact]
    public async Task Reconcile_NodeIsSilentBeforeEmptyIsWritten_KeepsTimeWhenTheyLeft()
    {
        await using var stage = await Stage.StartAsync();
        var left = stage.Links.Time.GetUtcNow();
        await stage.ComeAndGoAsync();
        await stage.WaitAsync(status => status is { Phase: MeetingPhase.Active, EmptySince: null }, "the write waits");
        stage.Links.Time.Advance(TimeSpan.FromSeconds(30));
        stage.MissPolls();
        await stage.ReconcileAsync();

        var status = await stage.WaitAsync(status => status?.Phase == MeetingPhase.Ready, "the meeting is empty");
        Assert.Equal(left.ToUnixTimeSeconds(), status!.EmptySince!.Value.ToUnixTimeSeconds());
    }

    /// <summary>While the further media node does not answer, somebody joins and leaves again. The meeting may not end by the time from before.</summary>
    [Fact]
    public async Task Reconcile_SomebodyJoinsWhileNodeIsSilent_EmptyTimeStartsAgain()
    {
        await using var stage = await Stage.StartAsync();
        await stage.ComeAndGoAsync();
        stage.Links.Time.Advance(TimeSpan.FromSeconds(30));
        stage.MissPolls();
        await stage.SetParticipantsAsync(1);
        stage.Links.Time.Advance(TimeSpan.FromSeconds(30));
        var left = stage.Links.Time.GetUtcNow();

        await stage.SetParticipantsAsync(0);

        var status = await stage.WaitAsync(status => status?.Phase == MeetingPhase.Ready, "the meeting is empty");
        Assert.Equal(left.ToUnixTimeSeconds(), status!.EmptySince!.Value.ToUnixTimeSeconds());
    }

    /// <summary>A meeting with a room on the first and on another media node, which a new leader has adopted.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly TestApiServer _server;
        private readonly MeetingController _controller;
        private readonly Task _informers;
        private int _missed;

        private Stage(TestApiServer server, LinkStage links)
        {
            (_server, Links) = (server, links);
            var options = new OperatorOptions();
            var cluster = MeetKinds.Observe(server.Client, options, NullLoggerFactory.Instance, TimeProvider.System);
            Cluster = cluster;
            _informers = Task.WhenAll(cluster.All.Select(informer => informer.RunAsync(_stop.Token)));
            var time = links.Time;
            var pending = new PendingMeetings();
            var ages = new MeetingAges(time);
            var metrics = new OperatorMetrics(cluster, new LeadershipGuard(), _services.GetRequiredService<IMeterFactory>());
            var recorder = new MeetEvents(new EventRecorder(server.Client, "meet-operator"), NullLogger<MeetEvents>.Instance);
            var events = new MeetingEvents(recorder, metrics, new WriteBudget(10, time));
            var releases = new MeetingReleases(links.Fleet, new QuotaLedger(), links.Keeper, ages, pending, new PendingWakeups(pending, time));
            _controller = new MeetingController(
                cluster,
                [new ObserveStep(links.Fleet, ages), new PlaceStep(cluster, links.Fleet, links.Rooms, pending, events)],
                [new RoomsStep(links.Fleet, links.Rooms, events), new LinksStep(links.Fleet, links.Keeper)],
                ages,
                releases,
                new WriteBudget(10, time),
                options,
                time);
        }

        public LinkStage Links { get; }
        public SimulatedMediaNode First => Links.Nodes[0];
        public SimulatedMediaNode Other => Links.Nodes[1];
        public string Id { get; } = Guid.NewGuid().ToString("D");
        public long? Generation { get; private set; }
        private NamespacedName Key => new("meet-a", Id);
        private ClusterView Cluster { get; }

        public static async Task<Stage> StartAsync()
        {
            var stage = new Stage(await TestApiServer.StartAsync([.. Repository.CrdTexts]), await LinkStage.StartAsync());
            await stage.CreateAsync();
            return stage;
        }

        public Task<ReconcileResult> ReconcileAsync() => _controller.ReconcileAsync(Key, default);

        /// <summary>Somebody joins and leaves twice in a few milliseconds. Returns the outcome of the last reconcile, whose write must wait.</summary>
        public async Task<ReconcileResult> ComeAndGoAsync()
        {
            ReconcileResult last = default!;
            foreach (var participants in (int[])[0, 1, 0, 1, 0])
            {
                last = await SetParticipantsAsync(participants);
            }

            return last;
        }

        public async Task<ReconcileResult> SetParticipantsAsync(int participants)
        {
            First.SetParticipants(Id, participants);
            await Links.PollAllAsync();
            MissPolls(_missed);
            return await ReconcileAsync();
        }

        /// <summary>The further media node no longer answers.</summary>
        public void MissPolls(int count = NodeStateRules.DeadAfterMissedPolls)
        {
            _missed = count;
            for (var poll = 0; poll < count; poll++)
            {
                Links.Fleet.RecordMissedPoll(PolledFleet.Target(Other), "no answer");
            }
        }

        /// <summary>Waits until the stored status fulfills the condition.</summary>
        public async Task<MeetingStatus?> WaitAsync(Func<MeetingStatus?, bool> condition, string what)
        {
            MeetingStatus? status = null;
            await Eventually.TrueAsync(async () => condition(status = (await _server.Client.GetAsync<Meeting>(Key, default)).Status), what);
            return status;
        }

        /// <summary>Changes the meeting after the last observation.</summary>
        public async Task ChangeUnnoticedAsync()
        {
            await _stop.CancelAsync();
            await _informers;
            await _server.Client.MergePatchAsync<Meeting>(Key, JsonNode.Parse("""{"metadata":{"labels":{"changed":"true"}}}""")!, default);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _informers;
            _stop.Dispose();
            await Links.DisposeAsync();
            await _services.DisposeAsync();
            await _server.DisposeAsync();
        }

        private async Task CreateAsync()
        {
            await _server.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-a" } }, default);
            var meeting = await _server.Client.CreateAsync(
                new Meeting
                {
                    Metadata = new ObjectMeta { Name = Id, Namespace = "meet-a", Finalizers = [MeetFinalizers.FreeRoom] },
                    Spec = new MeetingSpec { TenantRef = new TenantReference { Name = "a" }, MaxParticipants = 100 },
                },
                default);
            Generation = meeting.Metadata.Generation;
            Links.Nodes.ToList().ForEach(node => node.AddRoom(Id, generation: 1));
            Links.Fleet.Adopt(MeetingRef.Of(meeting), [Assigned(First, AssignmentRole.Origin), Assigned(Other, AssignmentRole.Edge)]);
            await Links.PollAllAsync();
            await Eventually.TrueAsync(() => Cluster.All.All(informer => informer.HasSynced) && Cluster.FreshMeetings.Get(Key) is not null, "the meeting is observed");
        }

        private static MeetingAssignment Assigned(SimulatedMediaNode node, AssignmentRole role) =>
            new() { Namespace = "meet-a", SfuNode = node.Name, Generation = 1, Role = role, State = AssignmentState.Ready };
    }
}
