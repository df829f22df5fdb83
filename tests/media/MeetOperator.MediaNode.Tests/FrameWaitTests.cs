using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

public sealed class FrameWaitTests
{
    private const long Microsecond = TimeSpan.TicksPerMicrosecond;
    private readonly FrameWait _wait = new();
    private long _now;

    [Fact]
    public void TryWait_LargePacketWithoutMarker_WaitsForTheRest()
    {
        _wait.OnPacket(1_100, hasMarker: false);
        Assert.True(_wait.TryWait(_now, out var pause));
        Assert.Equal(150 * Microsecond, pause);

        _wait.OnPacket(1_100, hasMarker: true);
        Assert.False(_wait.TryWait(_now + (20 * Microsecond), out _));
        Assert.False(_wait.IsWaiting);
    }

    [Theory]
    [InlineData(1_100, true)] // the last packet of a frame
    [InlineData(120, false)] // audio
    public void TryWait_CompleteFrameOrAudio_DoesNotWait(int length, bool hasMarker)
    {
        _wait.OnPacket(length, hasMarker);
        Assert.False(_wait.TryWait(_now, out _));
    }

    [Fact]
    public void TryWait_NothingCame_Ends()
    {
        _wait.OnPacket(1_100, hasMarker: false);
        Assert.True(_wait.TryWait(_now, out _));
        Assert.False(_wait.TryWait(_now + (150 * Microsecond), out _));
        Assert.False(_wait.IsWaiting);
    }

    [Fact]
    public void TryWait_PacketsKeepComing_EndsAfterTheMaximum()
    {
        var waits = 0;
        for (var i = 0; i < 20; i++)
        {
            _wait.OnPacket(1_100, hasMarker: false);
            if (!_wait.TryWait(_now, out var pause))
            {
                break;
            }

            Assert.InRange(pause, 0, 150 * Microsecond);
            waits++;
            _now += 100 * Microsecond;
        }

        Assert.Equal(6, waits); // one every 100 us, 600 us at most
    }

    [Fact]
    public void TryWait_PacketsSpreadEvenly_AreSeldomWaitedFor()
    {
        var waits = 0;
        for (var i = 0; i < 1_000; i++)
        {
            waits += Send(packets: 1) ? 1 : 0;
        }

        Assert.InRange(waits, 8, 50);
    }

    [Fact]
    public void TryWait_FramesComeTogetherAgain_AreWaitedForSoon()
    {
        for (var i = 0; i < 1_000; i++)
        {
            Send(packets: 1);
        }

        var waits = 0;
        for (var i = 0; i < 100; i++)
        {
            waits += Send(packets: 4) ? 1 : 0;
        }

        Assert.InRange(waits, 60, 100);
    }

    /// <summary>Packets of an incomplete frame, of which the first arrives alone and the others 20 us after it. Returns whether the first waited.</summary>
    private bool Send(int packets)
    {
        _now += 1_000 * Microsecond;
        _wait.OnPacket(1_100, hasMarker: false);
        if (!_wait.TryWait(_now, out _))
        {
            return false;
        }

        if (packets > 1)
        {
            _wait.OnPacket(1_100, hasMarker: true);
        }

        Assert.False(_wait.TryWait(_now + (packets > 1 ? 20 : 150) * Microsecond, out _));
        return true;
    }
}
