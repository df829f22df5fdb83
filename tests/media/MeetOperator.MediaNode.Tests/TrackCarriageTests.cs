using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Who carries a track: publish sessions of a room, or links to rooms on other media nodes.</summary>
public sealed class TrackCarriageTests
{
    private const TrackSource Microphone = TrackSource.Microphone;
    private const TrackSource Camera = TrackSource.Camera;
    private readonly RoomTracks _tracks = new(new RoomOrigin { Node = "ns/here", Generation = 1 });
    private readonly TestLink _link;
    private readonly List<string> _changes = [];
    private long _now;

    public TrackCarriageTests()
    {
        _link = new TestLink(_tracks);
        _tracks.Added += t => _changes.Add($"added {t.Source}");
        _tracks.Removed += t => _changes.Add($"removed {t.Source}");
        _tracks.CarrierChanged += (t, wasRelayed) => _changes.Add($"{t.Source} {(wasRelayed ? "link" : "session")} -> {(t.IsRelayed ? "link" : "session")}");
    }

    [Theory]
    [InlineData(2, 1, "a", 1, 9, "b", true)]
    [InlineData(1, 2, "a", 1, 1, "b", true)]
    [InlineData(1, 1, "b", 1, 1, "a", true)]
    [InlineData(1, 1, "a", 1, 1, "a", false)]
    [InlineData(1, 9, "b", 2, 1, "a", false)]
    public void IsAbove_NumberThenGenerationThenName_Decides(uint number, ulong generation, string origin, uint otherNumber, ulong otherGeneration, string otherOrigin, bool expected) =>
        Assert.Equal(expected, new Carriage(number, generation, origin).IsAbove(new Carriage(otherNumber, otherGeneration, otherOrigin)));

    [Fact]
    public void Announced_NobodyCarries_LinkCarriesAtOnce()
    {
        var announced = _link.Announce("alice", Microphone, 1, isMuted: true);

        var track = Assert.Single(_tracks.For("bob"));
        Assert.Equal(track, _link.CarriedAs(announced));
        Assert.True(track.Track.IsMuted);
        Assert.Equal("alice", track.Track.ParticipantId);
        Assert.Empty(_tracks.For("alice"));
        Assert.Equal(track, Assert.Single(_tracks.Of(["alice", "bob"])));

        _link.Mute(announced, isMuted: false);
        Assert.False(track.Track.IsMuted);
        _link.Withdraw(announced);
        Assert.True(track.Track.IsClosed);
        Assert.Empty(_tracks.For("bob"));
        Assert.Equal(["added microphone", "removed microphone"], _changes);
    }

    [Fact]
    public void Announced_AboveTheSession_LinkCarriesFromItsFirstPacket()
    {
        var session = Publish(Microphone, Camera);
        var (sound, picture) = (session.Carried(Microphone)!, session.Carried(Camera)!);

        var microphone = _link.Announce("alice", Microphone, 2);
        var camera = _link.Announce("alice", Camera, 2);
        Assert.True(_link.IsAwaited(microphone) && _link.IsAwaited(camera));
        _link.Receive(_now, camera, isKeyFrame: false);
        Assert.Empty(_link.Carried);
        _link.Receive(_now, microphone);
        Assert.Equal(sound, Assert.Single(_link.Carried));
        Assert.Null(session.Carried(Microphone));
        Assert.Equal(picture, session.Carried(Camera));
        _link.Receive(_now, camera);

        Assert.Equal([sound, picture], _link.Carried);
        Assert.Equal(["added microphone", "added camera", "microphone session -> link", "camera session -> link"], _changes);
        Assert.False(sound.Track.IsClosed);

        // The client goes on sending on the former connection.
        var received = (sound.Track.ReceivedPackets, picture.Track.ReceivedPackets);
        session.Receive(_now, Microphone);
        session.Receive(_now, Camera);
        Assert.Equal(received, (sound.Track.ReceivedPackets, picture.Track.ReceivedPackets));
        Assert.Equal([sound, picture], _link.Carried);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    public void Announced_NotAboveTheSession_LinkCarriesWhenTheSessionEnds(uint carriage)
    {
        var session = Publish(Microphone);
        var track = session.Carried(Microphone)!;
        var announced = _link.Announce("alice", Microphone, carriage, generation: 0);
        Assert.False(_link.IsAwaited(announced));
        _link.Receive(_now, announced);
        Assert.Equal(track, session.Carried(Microphone));

        session.Close();

        Assert.Equal(track, _link.CarriedAs(announced));
        Assert.False(track.Track.IsClosed);
        Assert.Equal(["added microphone", "microphone session -> link"], _changes);
    }

    [Fact]
    public void Session_LinkCarries_TakesOverWithItsFirstPacket()
    {
        var microphone = _link.Announce("alice", Microphone, 7);
        var camera = _link.Announce("alice", Camera, 7);
        var (sound, picture) = (_link.CarriedAs(microphone)!, _link.CarriedAs(camera)!);
        var session = Publish(Microphone, Camera);
        Assert.Equal(8u, session.Succession.Carriage.Number);
        Assert.Equal([sound, picture], _link.Carried);

        session.Receive(_now, Microphone);
        session.Receive(_now, Camera, isKeyFrame: false);
        Assert.Equal(picture, Assert.Single(_link.Carried));
        Assert.Equal(sound, session.Carried(Microphone));
        session.Receive(_now, Camera);

        Assert.Empty(_link.Carried);
        Assert.Equal(picture, session.Carried(Camera));
        Assert.Equal(["added microphone", "added camera", "microphone link -> session", "camera link -> session"], _changes);
        _link.Receive(_now, microphone);
        _link.Withdraw(microphone);
        _link.Withdraw(camera);
        Assert.Equal(4, _changes.Count);
        Assert.False(sound.Track.IsClosed || picture.Track.IsClosed);
    }

    /// <summary>As a camera that is paused while its participant moves.</summary>
    [Fact]
    public void Session_TrackDoesNotStart_TakesOverAfterFiveSeconds()
    {
        _link.Announce("alice", Camera, 1);
        var session = Publish(Camera);
        Assert.Equal(5 * TimeSpan.TicksPerSecond, session.Succession.HandleTimeout(0));
        session.Succession.HandleTimeout((5 * TimeSpan.TicksPerSecond) - 1);
        Assert.Null(session.Carried(Camera));

        session.Succession.HandleTimeout(5 * TimeSpan.TicksPerSecond);

        Assert.NotNull(session.Carried(Camera));
        Assert.Equal(["added camera", "camera link -> session"], _changes);
    }

    [Fact]
    public void Session_LinkEndsBeforeItsFirstPacket_TakesOverAtOnce()
    {
        var announced = _link.Announce("alice", Camera, 1);
        var session = Publish(Camera);

        _link.Withdraw(announced);

        Assert.NotNull(session.Carried(Camera));
        Assert.Equal(["added camera", "camera link -> session"], _changes);
    }

    [Fact]
    public void Session_EndsBeforeItsFirstPacket_LinkGoesOn()
    {
        var announced = _link.Announce("alice", Camera, 1);
        var session = Publish(Camera);

        session.Close();
        _tracks.Leave("alice");

        Assert.NotNull(_link.CarriedAs(announced));
        Assert.Equal(["added camera"], _changes);
    }

    /// <summary>The client tried another node, and is back.</summary>
    [Fact]
    public void Session_LinkThatTookOverEnds_CarriesAgain()
    {
        var session = Publish(Microphone);
        var track = session.Carried(Microphone)!;
        var announced = _link.Announce("alice", Microphone, 2);
        _link.Receive(_now, announced);

        _link.Withdraw(announced);

        Assert.Equal(track, session.Carried(Microphone));
        var received = track.Track.ReceivedPackets;
        session.Receive(_now, Microphone);
        Assert.Equal(received + 1, track.Track.ReceivedPackets);
        Assert.Equal(["added microphone", "microphone session -> link", "microphone link -> session"], _changes);
    }

    [Fact]
    public void Session_Restarts_AnnouncesTheNextCarriage()
    {
        var first = Publish(Microphone);
        var track = first.Carried(Microphone)!;
        Assert.Equal(1u, track.Carriage.Number);
        var second = new TestPublication(first.Tracks, "VP8", Microphone).Open(_now, first).Connect();
        second.Receive(_now, Microphone);

        Assert.Equal(2u, track.Carriage.Number);
        Assert.True(first.IsReplaced);
        Assert.Equal(["added microphone", "microphone session -> session"], _changes);
    }

    [Fact]
    public void Announced_OtherCodecAboveTheSession_ReplacesTheTrackFromItsKeyFrame()
    {
        var session = Publish(Camera);
        var track = session.Carried(Camera)!;
        var announced = _link.Announce("alice", Camera, 2, video: "H264");
        Assert.False(track.Track.IsClosed);

        _link.Receive(_now, announced);

        Assert.True(track.Track.IsClosed);
        Assert.Equal("H264", Assert.Single(_tracks.For("bob")).Codec.Name);
        Assert.Equal(["added camera", "removed camera", "added camera"], _changes);
    }

    [Fact]
    public void Session_OtherCodecThanTheLink_ReplacesTheTrackFromItsKeyFrame()
    {
        _link.Announce("alice", Camera, 1, video: "H264");
        var session = Publish(Camera);
        session.Receive(_now, Camera, isKeyFrame: false);
        Assert.Equal("H264", Assert.Single(_tracks.For("bob")).Codec.Name);

        session.Receive(_now, Camera);

        Assert.Equal("VP8", Assert.Single(_tracks.For("bob")).Codec.Name);
        Assert.Empty(_link.Carried);
    }

    [Fact]
    public void Announced_ByTwoLinks_HigherOneCarries()
    {
        var other = new TestLink(_tracks);
        var low = _link.Announce("alice", Microphone, 1);
        var high = other.Announce("alice", Microphone, 2);
        Assert.NotNull(_link.CarriedAs(low));
        Assert.True(other.IsAwaited(high));
        other.Receive(_now, high);
        Assert.NotNull(other.CarriedAs(high));
        Assert.Empty(_link.Carried);

        _link.Change(low, new Carriage(3, 2, "ns/other"), isMuted: false);
        Assert.True(_link.IsAwaited(low));
        other.Withdraw(high);

        Assert.NotNull(_link.CarriedAs(low));
        Assert.Equal(["added microphone", "microphone link -> link", "microphone link -> link"], _changes);
    }

    [Fact]
    public void Session_LinkDisconnected_OtherLinkComesFirst()
    {
        var other = new TestLink(_tracks);
        var session = Publish(Microphone);
        var broken = _link.Announce("alice", Microphone, 1, generation: 0);
        var up = other.Announce("alice", Microphone, 0, generation: 0);
        _link.IsReady = false;

        session.Close();

        Assert.NotNull(other.CarriedAs(up));
        Assert.Null(_link.CarriedAs(broken));
    }

    [Fact]
    public void Mute_OfTheParticipantHere_DoesNotChangeWhatALinkCarries()
    {
        var announced = _link.Announce("alice", Microphone, 1);
        var session = Publish(Microphone);
        session.Tracks.Mute(new MuteState { Microphone = true });
        var track = _link.CarriedAs(announced)!;
        Assert.False(track.Track.IsMuted);

        session.Receive(_now, Microphone);

        Assert.True(track.Track.IsMuted);
    }

    [Fact]
    public void Leave_LinkAnnouncesTheTracks_MuteStateEnds()
    {
        var session = Publish(Microphone);
        session.Tracks.Mute(new MuteState { Microphone = true });
        var announced = _link.Announce("alice", Microphone, 1, generation: 0);
        session.Close();
        _tracks.Leave("alice");
        Assert.False(_link.CarriedAs(announced)!.Track.IsMuted);

        var again = Publish(Microphone);
        again.Receive(_now, Microphone);

        Assert.False(again.Carried(Microphone)!.Track.IsMuted);
    }

    [Fact]
    public void Session_SectionEnds_LinkCarriesTheTrack()
    {
        var announced = _link.Announce("alice", Camera, 1);
        var session = Publish(Microphone, Camera);
        session.Receive(_now, Camera);
        session.Reject(Camera);

        Assert.NotNull(_link.CarriedAs(announced));
        Assert.NotNull(session.Carried(Microphone));
    }

    [Fact]
    public void OpenMicrophones_MutesAndCarriersChange_AreThoseThatAreNotMuted()
    {
        var announced = _link.Announce("alice", Microphone, 1, isMuted: true);
        _link.Announce("bob", Camera, 1);
        Assert.Empty(_tracks.OpenMicrophones);
        _link.Mute(announced, isMuted: false);
        Assert.Equal(["alice"], Open());

        var session = Publish(Microphone); // with a higher carriage
        _tracks.Join("alice").Mute(new MuteState { Microphone = true });
        session.Receive(_now, Microphone);
        Assert.NotNull(session.Carried(Microphone));
        Assert.Empty(_tracks.OpenMicrophones);
        _tracks.Join("alice").Mute(new MuteState { Microphone = false });
        Assert.Equal(["alice"], Open());

        session.Close();
        Assert.Equal(["alice"], Open()); // the link goes on
        _link.Withdraw(announced);
        Assert.Empty(_tracks.OpenMicrophones);

        IEnumerable<string> Open() => _tracks.OpenMicrophones.Select(track => track.Track.ParticipantId);
    }

    [Fact]
    public void OpenMicrophones_ParticipantLeavesAfterAnError_AreForgotten()
    {
        Publish(Microphone);
        Assert.Single(_tracks.OpenMicrophones);

        _tracks.Leave("alice");

        Assert.Empty(_tracks.OpenMicrophones);
    }

    [Fact]
    public void RelayedWork_Throws_EndsTheLink()
    {
        _link.Announce("alice", Microphone, 1);
        var other = new TestLink(_tracks);
        other.Announce("bob", Microphone, 1);
        var done = new List<string>();

        _tracks.ForEachRelayed(done, static (track, done) => done.Add(track.Track.ParticipantId == "alice" ? throw new InvalidOperationException() : "bob"));

        Assert.Equal(["bob"], done);
        Assert.Single(_link.Failures);
        Assert.Empty(other.Failures);
    }

    [Fact]
    public void Link_Throws_EndsOnlyTheLink()
    {
        _link.Throws = true;
        var session = Publish(Microphone);
        var awaited = _link.Announce("alice", Microphone, 2);
        Assert.Single(_link.Failures);
        var carried = _link.Announce("alice", Camera, 2);
        Assert.Equal(2, _link.Failures.Count);

        _link.Withdraw(awaited);
        _link.Withdraw(carried);

        Assert.NotNull(session.Carried(Microphone));
        Assert.Equal(["added microphone", "added camera", "removed camera"], _changes);
    }

    private TestPublication Publish(params TrackSource[] sources)
    {
        _now++;
        return new TestPublication(_tracks.Join("alice"), "VP8", sources).Open(_now).Connect();
    }
}
