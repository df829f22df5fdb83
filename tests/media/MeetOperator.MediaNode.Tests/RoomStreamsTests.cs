using MeetOperator.MediaNode.Slots;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

public sealed class RoomStreamsTests
{
    private static readonly StreamKey Alice = new("alice", IsScreen: false);
    private readonly RoomStreams _streams = new();

    /// <summary>Somebody with two microphones who removes one of them is heard with the other.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Remove_OneOfTwoMicrophones_TheOtherOneStays(int removed)
    {
        PublishedTrack[] microphones = [Microphone(), Microphone()];
        Array.ForEach(microphones, _streams.Add);
        Assert.Same(microphones[1], _streams.Audio(Alice));

        _streams.Remove(microphones[removed]);
        Assert.Same(microphones[1 - removed], _streams.Audio(Alice));
        Assert.Equal([Alice], _streams.People);

        _streams.Remove(microphones[1 - removed]);
        Assert.False(_streams.Contains(Alice));
        Assert.Empty(_streams.People);
    }

    [Fact]
    public void Add_SameTrackAgain_IsRemovedOnce()
    {
        var microphone = Microphone();
        _streams.Add(microphone);
        _streams.Add(microphone);

        _streams.Remove(microphone);

        Assert.False(_streams.Contains(Alice));
    }

    private static PublishedTrack Microphone() => new(
        new UpTrack(
            new UpTrackOptions
            {
                Mid = "0",
                Kind = MediaKind.Audio,
                ClockRate = 48_000,
                PayloadType = 111,
                Extensions = HeaderExtensionMap.Empty,
                Layers = [new UpLayerOptions { Ssrc = 1 }],
            },
            "alice",
            TrackSource.Microphone,
            "microphone"),
        new RtpCodec { PayloadType = 111, Name = "opus", ClockRate = 48_000 });
}
