using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Tracks;
using MeetOperator.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// An unexpected error in the work of a room for one participant ends sessions of that participant. The room, its other participants and the other rooms of the loop continue.
/// </summary>
public sealed class RoomIsolationTests : IAsyncLifetime
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;

    /// <summary>What makes the work for one participant fail, by the callback of the loop that does it.</summary>
    private static readonly Dictionary<string, Action<NodeRoom, NodeParticipant>> Errors = new()
    {
        ["timer: session timeouts"] = (room, mallory) => AddThrowingSession(room, mallory, nameof(IRoomSession.HasTimedOut)),
        ["timer: end of a replaced session"] = (room, mallory) => AddThrowingSession(room, mallory, nameof(IRoomSession.IsReplaced)),
        ["timer: end of a participant"] = (room, mallory) =>
        {
            AddThrowingSession(room, mallory, nameof(IRoomSession.Close));
            mallory.LastTouchTicks = long.MinValue / 2;
        },
        ["timer: layers"] = (_, mallory) => mallory.PublishedTracks.Add(new PublishedTrack(null!, null!)),
        ["timer: speakers"] = (room, mallory) =>
        {
            var track = (UpTrack)RuntimeHelpers.GetUninitializedObject(typeof(UpTrack));
            typeof(UpTrack).GetField("<ParticipantId>k__BackingField", Hidden)!.SetValue(track, mallory.Id);
            ((List<PublishedTrack>)Read(room.Tracks, "_openMicrophones")).Add(new PublishedTrack(track, null!));
        },
        ["timer: every step"] = (_, mallory) => mallory.PublishedTracks.Add(null!),
        ["timer: waiting slots"] = (_, mallory) =>
        {
            mallory.Sessions.Find<SubscribeSession>()!.IsQueued = true; // keeps the session from being reconciled, which would fail too
            Clear(Slots(mallory), "_pictures");
        },
        ["timer: speaker of a session"] = (_, mallory) => Clear(Read(mallory.Sessions.Find<SubscribeSession>()!, "_subscriber"), "_allocation"),
        ["timer: shared lines"] = (room, mallory) =>
        {
            Clear(Read(mallory.Sessions.Find<SubscribeSession>()!, "_subscriber"), "_allocation");
            ((RoomLines)Read(room, "_lines")).HandleTimeout(MonotonicClock.NowTicks + TimeSpan.TicksPerMinute, (RoomParticipants)Read(room, "_participants"));
        },
        ["command: slots"] = (room, mallory) =>
        {
            Clear(Slots(mallory), "_pictureSections");
            room.View(mallory.Id, ParticipantViews.Read(new ViewRequest { Tracks = [] }));
        },
        ["another participant publishes: slots"] = (room, mallory) =>
        {
            room.View(mallory.Id, ParticipantViews.Read(new ViewRequest { Tracks = [] }));
            Clear(Slots(mallory), "_pictures");
            var dave = room.Participants.Single(p => p.Id == "dave");
            dave.Tracks.Announce(dave.PublishedTracks[0]);
        },
        ["report: tracks"] = (room, mallory) => AddThrowingSession(room, mallory, nameof(IRoomSession.DownTracks)),
        ["report: participant"] = (room, mallory) => AddThrowingSession(room, mallory, nameof(IRoomSession.AddTo)),
        ["new reader: offers"] = (_, mallory) =>
        {
            mallory.Sessions.Find<SubscribeSession>()!.IsQueued = true;
            Clear(mallory.Sessions.Find<SubscribeSession>()!, "_draft");
        },
    };

    /// <summary>The test that injects an error into each callback of the interfaces through which a loop and its rooms call.</summary>
    private static readonly Dictionary<string, string> Covered = new()
    {
        [nameof(IPeerSessionOwner.OnRtp)] = nameof(FailureIsolationTests.Session_CallbackThrows_EndsOnlyThatSession),
        [nameof(IPeerSessionOwner.OnRtcp)] = nameof(FailureIsolationTests.Session_CallbackThrows_EndsOnlyThatSession),
        [nameof(IPeerSessionOwner.HandleTimeout)] = nameof(FailureIsolationTests.Session_CallbackThrows_EndsOnlyThatSession),
        [nameof(IPeerSessionOwner.OnStateChanged)] = nameof(FailureIsolationTests.Session_CallbackThrows_EndsOnlyThatSession),
        [nameof(IPeerSessionOwner.OnFailure)] = nameof(FailureIsolationTests.Session_OwnerThrowsWhileEnding_IsRemoved),
        [nameof(IRoomSession.DownTracks)] = nameof(Participant_WorkThrows_EndsOnlyItsSessions),
        [nameof(IRoomSession.IsReplaced)] = nameof(Participant_WorkThrows_EndsOnlyItsSessions),
        [nameof(IRoomSession.HasTimedOut)] = nameof(Participant_WorkThrows_EndsOnlyItsSessions),
        [nameof(IRoomSession.AddTo)] = nameof(Participant_WorkThrows_EndsOnlyItsSessions),
        [nameof(IRoomSession.Close)] = nameof(Participant_WorkThrows_EndsOnlyItsSessions),
        [nameof(IPeerEgress.SendRtp)] = nameof(FailureIsolationTests.Subscriber_ForwardingThrows_EndsOnlyThatSubscriber),
        [nameof(IPeerEgress.SendAudio)] = nameof(FailureIsolationTests.Subscriber_ForwardingThrows_EndsOnlyThatSubscriber),
        [nameof(IPeerEgress.SendRtcp)] = nameof(FailureIsolationTests.Subscriber_SendingReportThrows_EndsOnlyThatSubscriber),
        [nameof(IPeerEgress.Retransmit)] = nameof(FailureIsolationTests.Subscriber_RetransmittingThrows_EndsOnlyThatSession),
    };

    private TwoRooms _rooms = null!;

    public static TheoryData<string> Callbacks => [.. Errors.Keys];

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Theory]
    [MemberData(nameof(Callbacks))]
    public async Task Participant_WorkThrows_EndsOnlyItsSessions(string callback)
    {
        await using var events = await RoomEvents.OpenAsync(_rooms.Node.Control, TwoRooms.Bad);
        using var mallory = new SyntheticPeer();
        using var dave = new SyntheticPeer();
        using var eve = new SyntheticPeer();
        await JoinAsync("mallory", mallory);
        var session = await JoinAsync("dave", dave);

        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            Errors[callback](room, room.Participants.Single(p => p.Id == "mallory"));
            Speak(room.Participants.Single(p => p.Id == "dave"));
            return true;
        });
        await _rooms.Node.Control.GetRoomAsync(TwoRooms.Bad, default);
        await _rooms.Node.Control.GetNodeAsync(default);
        await using var late = await RoomEvents.OpenAsync(_rooms.Node.Control, TwoRooms.Bad);

        await events.UntilAsync("the error has ended a session or the participant", e => e.HasEnded || e.All.Any(
            x => x.ParticipantId == "mallory" && x is { Type: RoomEventTypes.SessionState, State: "failed", Reason: "error" } or { Type: RoomEventTypes.ParticipantLeft }));
        Assert.False(events.HasEnded);
        await events.UntilAsync("dave speaks", e => e.Last(RoomEventTypes.Speaking, "dave") is not null);
        await JoinAsync("eve", eve);
        await events.UntilAsync("dave has slots for eve", e => e.Last(RoomEventTypes.Slots, "dave")?.Tracks?.Any(t => t.ParticipantId == "eve") == true);
        Assert.DoesNotContain(events.All, e => e.ParticipantId is "dave" or "eve" && e.Type is RoomEventTypes.SessionState or RoomEventTypes.ParticipantLeft);
        Assert.Equal(session, await _rooms.RunAsync(TwoRooms.Bad, room => room.Participants.Single(p => p.Id == "dave").Sessions.Find<SubscribeSession>()!.Peer.Id));
        foreach (var scope in new[] { FailureScope.Room, FailureScope.Timer, FailureScope.Deferred, FailureScope.Iteration })
        {
            Assert.Equal(0, await _rooms.FailuresAsync(scope));
        }

        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Participant_ErrorRemainsWithoutSessions_IsRemovedAndCanJoinAgain()
    {
        await using var events = await RoomEvents.OpenAsync(_rooms.Node.Control, TwoRooms.Bad);
        using var mallory = new SyntheticPeer();
        await JoinAsync("mallory", mallory);

        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.Participants.Single().PublishedTracks.Add(null!);
            return true;
        });

        await events.UntilAsync("the participant has left", e => e.Last(RoomEventTypes.ParticipantLeft, "mallory") is { Reason: "error" });
        Assert.Equal(0, await _rooms.RunAsync(TwoRooms.Bad, room => room.ParticipantCount));
        await JoinAsync("mallory", mallory);
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Participant));
        Assert.Equal(0, await _rooms.FailuresAsync(FailureScope.Room));
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    /// <summary>The timers of one iteration do several kinds of work for each participant, and so does one report.</summary>
    [Fact]
    public async Task Participant_SeveralErrorsBeforeItIsRemoved_CountAsOne()
    {
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.Touch("mallory", 1);
            room.Participants.Single().PublishedTracks.Add(null!);
            room.CurrentState();
            room.CurrentState();
            return true;
        });

        Assert.Equal(0, await _rooms.RunAsync(TwoRooms.Bad, room => room.ParticipantCount));
        Assert.Equal(1, await _rooms.FailuresAsync(FailureScope.Participant));
    }

    [Fact]
    public void Callbacks_OfSessions_AllHaveATestWithAnError()
    {
        // Names, states, and what only sets a timer or reports an error.
        string[] simple = [nameof(IRoomSession.Peer), nameof(IRoomSession.Kind), nameof(IPeerEgress.IsReady), nameof(IPeerEgress.Pressure), nameof(IPeerEgress.WakeAt), nameof(IPeerEgress.Fail)];

        var callbacks = new[] { typeof(IPeerSessionOwner), typeof(IRoomSession), typeof(IPeerEgress) }.SelectMany(t => t.GetMembers())
            .Where(m => m is not MethodInfo { IsSpecialName: true }).Select(m => m.Name).Except(simple);

        Assert.Equal(callbacks.Order(), Covered.Keys.Order());
    }

    /// <summary>A plain loop over participants would pass the error of one to all that follow. The two methods of <see cref="RoomParticipants"/> do not.</summary>
    [Fact]
    public void Rooms_WorkForEachParticipant_IsIsolated()
    {
        var folder = Path.Combine(Repository.Root, "media-node", "MeetOperator.MediaNode", "Rooms");

        var loops = Directory.GetFiles(folder, "*.cs").Where(file => Regex.IsMatch(File.ReadAllText(file), @"foreach \(.* in _?participants(\.All)?\)|articipants\.All\.(Sum|SelectMany|Count|ToList)")).Select(Path.GetFileName);

        Assert.Empty(loops);
        Assert.NotEmpty(Directory.GetFiles(folder, "RoomParticipants.cs"));
    }

    /// <summary>Publishes and subscribes with slots, without connecting. Returns the ID of the subscribe session.</summary>
    private async Task<string> JoinAsync(string name, SyntheticPeer peer)
    {
        var node = _rooms.Node.Control;
        await node.PublishAsync(TwoRooms.Bad, name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default);
        var offer = await node.SubscribeAsync(TwoRooms.Bad, name, new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 3, Video = 4 } }, default);
        await node.AnswerAsync(TwoRooms.Bad, name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        return offer.SessionId;
    }

    /// <summary>Makes a participant the one who speaks, also in the next half second: without packets, timers run every 200 ms only.</summary>
    private static void Speak(NodeParticipant participant)
    {
        const byte LoudVoice = 0x80 | 10; // RFC 6464 §3
        var track = participant.PublishedTracks.Single(t => t.Kind == "audio").Track;
        var onLevel = typeof(UpTrack).GetMethod("OnAudioLevel", Hidden)!.CreateDelegate<Action<long, byte>>(track);
        var now = MonotonicClock.NowTicks;
        for (var packet = 100; packet >= -25; packet--)
        {
            onLevel(now - (packet * 20 * TimeSpan.TicksPerMillisecond), LoudVoice);
        }
    }

    private static object Slots(NodeParticipant participant) => Read(participant.Sessions.Find<SubscribeSession>()!, "_subscription");

    private static object Read(object owner, string field) => owner.GetType().GetField(field, Hidden)!.GetValue(owner)!;

    private static void Clear(object owner, string field) => owner.GetType().GetField(field, Hidden)!.SetValue(owner, null);

    /// <summary>Adds a session that fails in one callback.</summary>
    private static void AddThrowingSession(NodeRoom room, NodeParticipant participant, string callback) => _ = new ObservedSession(
        room, participant, called => _ = called == callback ? throw new InvalidOperationException($"error in {called}") : 0)
    {
        IsOutdated = callback == nameof(IRoomSession.IsReplaced),
    };
}
