using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

public sealed class UnmeasuredMicrophonesTests
{
    private readonly RoomTracks _tracks = new(new RoomOrigin());
    private readonly RoomSpeakers _speakers = new((_, error) => throw new InvalidOperationException("Unexpected error.", error));
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void Heard_200MicrophonesWithoutLevels_AreTheFirstOpenOnes()
    {
        for (var i = 0; i < 200; i++)
        {
            new TestPublication(_tracks.Join(NameOf(i)), "VP8", TrackSource.Microphone).Open(_now).Connect();
        }

        Assert.Equal(Enumerable.Range(0, 8).Select(NameOf), Heard());

        _tracks.Join(NameOf(3)).Mute(new MuteState { Microphone = true });
        Assert.Equal(new[] { 0, 1, 2, 4, 5, 6, 7, 8 }.Select(NameOf), Heard());
    }

    private IEnumerable<string> Heard()
    {
        _now += 20 * TimeSpan.TicksPerMillisecond;
        _speakers.TryUpdate(_now, _tracks, out _, out _);
        return _speakers.Heard.For("listener");
    }

    private static string NameOf(int number) => $"p-{number}";
}
