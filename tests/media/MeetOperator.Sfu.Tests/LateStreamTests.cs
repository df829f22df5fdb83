using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>Late packets of a removed track are not assigned to the remaining track.</summary>
public sealed class LateStreamTests
{
    private const uint ScreenSsrc = 2000;
    private const uint ScreenRtxSsrc = 2001;
    private readonly Call _call = new();

    [Theory]
    [InlineData(null, ScreenSsrc, 96, 0)]
    [InlineData("s", ScreenSsrc, 96, 0)]
    [InlineData(null, ScreenRtxSsrc, 97, 0)]
    [InlineData("s", ScreenRtxSsrc, 97, 0)]
    [InlineData("s", 3000u, 96, 0)] // an unannounced SSRC with the MID of a removed section
    [InlineData(null, 3000u, 96, 0)]
    [InlineData(null, ScreenSsrc, 96, 5_000)] // the camera is silent
    [InlineData(null, ScreenRtxSsrc, 97, 5_000)]
    [InlineData("s", 3000u, 96, 5_000)]
    public void OnRtp_LatePacketOfRemovedTrack_IsNotAssignedToOtherTrack(string? mid, uint ssrc, byte payloadType, int cameraSilentMilliseconds)
    {
        var (_, _, egress) = _call.Join();
        Remove(AddScreen());
        _call.Send(1, key: true);
        _call.Advance(cameraSilentMilliseconds);

        _call.Send(9, key: true, ssrc: ssrc, payloadType: payloadType, mid: mid, payload: [0, 9, 0x10, 0x00, 0, 9, 0, 0]);
        _call.Send(2);

        Assert.Equal((Call.Ssrc, Call.RtxSsrc), (_call.Layer.Ssrc, _call.Layer.RtxSsrc));
        Assert.Equal([100, 101], egress.Sequences.Select(s => (int)s));
        Assert.Equal(1, _call.UnknownPackets);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("v")] // the new track reuses the section
    public void OnRtp_LatePacketBeforeNewTrackStarts_IsNotAssignedToIt(string? mid)
    {
        Remove(_call.Track);
        var camera = new UpTrack(_call.Track.Options with { Layers = Call.OneLayer(4000, 4001) }, "alice", TrackSource.Camera, "camera-2");
        _call.Publisher.Add(camera);

        _call.Send(9, key: true, mid: mid);
        _call.Send(9, key: true, ssrc: 3000, mid: mid);
        _call.Send(1, key: true, ssrc: 4000);

        Assert.Equal((4000u, 4001u), (Call.LayerOf(camera).Ssrc, Call.LayerOf(camera).RtxSsrc));
        Assert.Equal(1, camera.ReceivedPackets);
    }

    [Fact]
    public void OnRtp_NewSsrcWithoutMid_IsAssignedAfterSilence()
    {
        var (_, _, egress) = _call.Join();
        _call.Send(1, key: true);
        _call.Advance(1_000);
        _call.Send(50, key: true, ssrc: 3000);
        Assert.Equal(Call.Ssrc, _call.Layer.Ssrc);

        _call.Advance(2_000);
        _call.Send(51, key: true, ssrc: 3000);
        _call.Send(7, ssrc: 3001, payloadType: 97, payload: [0, 52, 0x10, 0x01, 0, 52, 0, 0]);

        Assert.Equal((3000u, 3001u), (_call.Layer.Ssrc, _call.Layer.RtxSsrc));
        Assert.Equal([100, 101, 102], egress.Sequences.Select(s => (int)s));
    }

    [Fact]
    public void OnRtp_RemovedTrackReturnsInItsSection_IsAssignedByMid()
    {
        Remove(AddScreen());
        var screen = AddScreen(announced: false);

        _call.Send(9, key: true, ssrc: ScreenSsrc, mid: "s");

        Assert.Equal((ScreenSsrc, 1L), (Call.LayerOf(screen).Ssrc, screen.ReceivedPackets));
    }

    private UpTrack AddScreen(bool announced = true)
    {
        var options = _call.Track.Options with { Mid = "s", Layers = announced ? Call.OneLayer(ScreenSsrc, ScreenRtxSsrc) : Call.OneLayer(null) };
        var screen = new UpTrack(options, "alice", TrackSource.Screen, "screen-1");
        _call.Publisher.Add(screen);
        return screen;
    }

    private void Remove(UpTrack track)
    {
        _call.Publisher.Remove(track);
        track.Close();
    }
}
