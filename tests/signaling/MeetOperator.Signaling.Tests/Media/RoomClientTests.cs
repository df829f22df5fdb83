using System.Net;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class RoomClientTests : IAsyncLifetime
{
    private const string Room = "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01";
    private TestCluster _cluster = null!;
    private SimulatedMediaNode _node = null!;
    private TcpForwarder _link = null!;
    private TestSignaling _signaling = null!;
    private RoomClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _node = await _cluster.AddNodeAsync("default-aaaaa");
        _node.AddRoom(Room, generation: 1);
        _link = new TcpForwarder(new IPEndPoint(IPAddress.Loopback, _node.Address.Port));
        _signaling = await TestSignaling.StartAsync(_cluster);
        var services = new MediaServices(
            _signaling.Service<MediaNodes>(), new MoveTurns(), _signaling.Service<SignalingOptions>(), _signaling.Service<SignalingMetrics>(), TimeProvider.System, _signaling.Service<ILoggerFactory>());
        var assignment = new MediaAssignment(
            TestCluster.Namespace, "default-aaaaa", _link.SecureAddress, 1, Contracts.Meetings.AssignmentRole.Origin, Contracts.Meetings.AssignmentState.Ready);
        _client = new RoomClient(Room, assignment, services);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _link.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    /// <summary>While the node could not be reached, all three left. One is there again with a socket, and one as an encoder, which does not enter before it publishes.</summary>
    [Fact]
    public async Task RepeatRemovals_SomeAreThereAgain_OthersAreRemoved()
    {
        string[] participants = ["gone", "back", "encoder"];
        foreach (var participant in participants)
        {
            await _client.PutParticipantAsync(participant, region: null, default);
        }

        _link.Break();
        foreach (var participant in participants)
        {
            Assert.False(await _client.TryReleaseParticipantAsync(participant));
        }

        _link.Restore();
        await _client.PutParticipantAsync("back", region: null, default);
        _client.Expect("encoder");

        await _client.RepeatRemovalsAsync();

        Assert.Equal(["back", "encoder"], _node.Read(Room, r => r.Participants.Keys.Order().ToArray()));
    }

    [Fact]
    public async Task RepeatRemovals_NodeHasAnswered_NothingIsSent()
    {
        await _client.PutParticipantAsync("ann", region: null, default);
        Assert.True(await _client.TryReleaseParticipantAsync("ann"));
        var requests = _node.Requests;

        await _client.RepeatRemovalsAsync();

        Assert.Equal(requests, _node.Requests);
    }
}
