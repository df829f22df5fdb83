using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>A meeting on one media node, with a standby. The operator does not know yet that the node has failed.</summary>
public sealed class StandbyTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _origin = null!;
    private SimulatedMediaNode _standby = null!;
    private TestSignaling _signaling = null!;
    private string _meeting = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _origin = await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with
        {
            Timings = options.Timings with { TickInterval = TimeSpan.FromMilliseconds(300) },
        });
        _meeting = (await _signaling.CreateAsync()).MeetingId;
        await Eventually.TrueAsync(() => _origin.Rooms().ContainsKey(_meeting), "the meeting is placed");
        _standby = await _cluster.AddNodeAsync("default-bbbbb");
        await AssignAsync(Assigned("default-aaaaa", 1, Origin), Assigned("default-bbbbb", 2, Standby));
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Node_DiesBeforeTheOperatorKnows_MembersUseStandby()
    {
        await using var ann = await EnterAsync("Ann");
        await using var old = await EnterAsync("Old", moves: false);
        await OnAsync(_origin, ann, old);

        await _origin.DieAsync();

        var move = await ann.ExpectAsync("media-move");
        Assert.Equal((2L, 0L, "standby"), ((long)move["generation"]!, (long)move["deadline"]!, (string?)move["reason"]));
        Assert.Equal("moved", (string?)(await old.ExpectAsync("media-restart"))["reason"]);
        await OnAsync(_standby, ann, old);
        await using var bob = await EnterAsync("Bob");
        await OnAsync(_standby, bob);

        // The operator makes the same decision later, and nobody moves again.
        await AssignAsync(Assigned("default-bbbbb", 2, Origin));
        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(900), ann);
        Assert.Single(ann.OfType("media-move"));
        Assert.Empty(ann.OfType("media-restart"));
        Assert.Single(old.OfType("media-restart"));
    }

    [Fact]
    public async Task Node_DiesAndOperatorDecidesDuringMove_MemberIsToldNotToWait()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_origin, ann);
        _standby.Hang();
        await _origin.DieAsync();
        await Eventually.TrueAsync(() => _signaling.LogLines().Any(line => line.Contains("gone", StringComparison.Ordinal)), "the node is gone");

        await AssignAsync(Assigned("default-bbbbb", 2, Origin));
        _standby.Resume();

        Assert.Equal(0, (long)(await ann.ExpectAsync("media-move"))["deadline"]!);
    }

    [Fact]
    public async Task Node_LosesRoom_MembersUseStandby()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_origin, ann);
        await EventStreams.ReadAsync(_origin, _meeting, ann);

        _origin.Forget();

        await ann.ExpectAsync("media-move");
        await OnAsync(_standby, ann);
    }

    [Fact]
    public async Task Node_StandsStill_NobodyMoves()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_origin, ann);

        _origin.Hang();

        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(1_500), ann);
        _origin.Resume();
        Assert.Empty(ann.OfType("media-move"));
    }

    [Fact]
    public async Task Node_DiesWhileStandbyIsFull_MembersWaitForTheOperator()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_origin, ann);
        _standby.MaxParticipants = 0;
        await _origin.DieAsync();

        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(900), ann);
        Assert.Empty(ann.OfType("media-move"));
        _standby.MaxParticipants = 1;
        await AssignAsync(Assigned("default-bbbbb", 2, Origin));

        await OnAsync(_standby, ann);
    }

    [Fact]
    public async Task Standby_Dies_NobodyMoves()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_origin, ann);

        await _standby.DieAsync();

        await Marker.ExpireAsync(_signaling, _meeting, TimeSpan.FromMilliseconds(900), ann);
        Assert.Empty(ann.OfType("media-move"));
        Assert.Empty(ann.OfType("media-restart"));
    }

    [Fact]
    public async Task Edge_DiesWithoutStandby_ItsMembersUseAnotherNode()
    {
        await using var ann = await EnterAsync("Ann");
        await OnAsync(_origin, ann);
        await AssignAsync(Assigned("default-aaaaa", 1, Edge), Assigned("default-bbbbb", 2, Origin));

        await _origin.DieAsync();

        Assert.Equal("unreachable", (string?)(await ann.ExpectAsync("media-move"))["reason"]);
        await OnAsync(_standby, ann);
    }

    private static MeetingAssignment Assigned(string node, long generation, AssignmentRole role) => new()
    {
        SfuNode = node,
        Namespace = TestCluster.Namespace,
        Generation = generation,
        Role = role,
        State = Ready,
    };

    private async Task AssignAsync(params MeetingAssignment[] assignments)
    {
        await _cluster.AssignAsync(_meeting, assignments);
        await Eventually.TrueAsync(
            () => _signaling.Service<Kubernetes.MeetingDirectory>().Find(_meeting)!.Assignments.Select(a => (a.Node, a.Role)).SequenceEqual(assignments.Select(a => (a.SfuNode, a.Role))),
            "signaling has the assignments");
    }

    private async Task<TestClient> EnterAsync(string name, bool moves = true)
    {
        var client = await TestClient.OpenAsync(await _signaling.JoinAsync(_meeting, name));
        await client.JoinAsync(move: moves);
        return client;
    }

    private async Task OnAsync(SimulatedMediaNode node, params TestClient[] clients)
    {
        foreach (var client in clients)
        {
            await Eventually.TrueAsync(
                () => node.Rooms().TryGetValue(_meeting, out var room) && room.ParticipantList!.Any(p => p.Participant == client.Id && p.Subscribing), $"{client.Id} uses {node.Name}");
        }
    }
}
