using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Tunnels;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Tunnels;

public sealed class TunnelPlacesTests
{
    private static readonly MeetingKey Meeting = new("acme", "standup");
    private readonly ManualTime _time = new();
    private readonly TunnelPlaces _places;

    public TunnelPlacesTests() => _places = new TunnelPlaces(_time);

    [Fact]
    public void Take_SeveralOfOneParticipant_HaveOnePace()
    {
        var ann = _places.Take(Meeting, "ann").Pace;
        ann.TakeBytes(Now, 2 * TunnelPace.BytesPerSecond);

        Assert.Equal(TimeSpan.FromSeconds(1), _places.Take(Meeting, "ann").Pace.TakeBytes(Now, 0));
        Assert.Equal(TimeSpan.Zero, _places.Take(Meeting, "bob").Pace.TakeBytes(Now, 0));
    }

    /// <summary>Who closes its tunnels and opens others is not faster.</summary>
    [Fact]
    public void Take_AfterTheLastHasEnded_PaceGoesOnUntilItIsRested()
    {
        var first = _places.Take(Meeting, "ann");
        first.Pace.TakeBytes(Now, 2 * TunnelPace.BytesPerSecond);
        first.Dispose();

        var second = _places.Take(Meeting, "ann");
        Assert.Same(first.Pace, second.Pace);
        second.Dispose();

        _time.Advance(TimeSpan.FromSeconds(3));
        _places.Take(Meeting, "bob"); // then nothing is kept of those who are gone
        Assert.NotSame(first.Pace, _places.Take(Meeting, "ann").Pace);
    }

    private long Now => _time.GetElapsedTime(0).Ticks;
}
