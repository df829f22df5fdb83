using MeetOperator.Rtp.Codecs;
using MeetOperator.Sfu.Peers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

/// <summary>Sound is sent before everything else, so a participant who sends more of it than Opus needs must not fill the lines of all others.</summary>
public sealed class LoudSoundTests
{
    private const int Seconds = 10;
    private readonly Call _call = new(MediaKind.Audio);

    /// <summary>The most that Opus sends, 510 kbit/s, and each frame of it twice.</summary>
    [Theory]
    [InlineData(1_275, 20)]
    [InlineData(638, 10)]
    [InlineData(319, 5)]
    public void OnRtp_HighestRateOfOpus_IsForwardedWhole(int frameBytes, int milliseconds)
    {
        var (_, _, egress) = _call.Join();
        var count = Seconds * 1000 / milliseconds;

        var excess = Send(count, milliseconds, frameBytes, frameBytes);

        Assert.Equal((count, 0), (egress.Rtp.Count, excess));
    }

    /// <summary>About 5 Mbit/s, whatever the packets consist of. Each follows a gap, after which receivers get the earlier frame as well.</summary>
    [Theory]
    [InlineData(1_200, 0, 650_000)]
    [InlineData(200, 1_000, 1_300_000)]
    [InlineData(10, 1_000, 800_000)]
    public void OnRtp_MoreThanOpusNeeds_LimitsWhatReceiversGetAndCountsTheRest(int frameBytes, int redundantBytes, int maxBitsPerSecond)
    {
        const int Count = Seconds * 500;
        var (_, _, egress) = _call.Join(red: 77);

        var excess = Send(Count, 2, frameBytes, redundantBytes, step: 2);

        Assert.InRange(egress.Rtp.Sum(p => (long)p.Length) * 8 / Seconds, 1, maxBitsPerSecond);
        Assert.Equal(Count - egress.Rtp.Count, excess);
    }

    /// <summary>Sends packets at an interval and returns how many exceeded the limit. A frame that is too long for the format is sent once.</summary>
    private int Send(int count, int milliseconds, int frameBytes, int redundantBytes, int step = 1)
    {
        var (excess, payload) = (0, new byte[3_000]);
        for (var i = 0; i < count; i++)
        {
            var length = RedPayload.Write(96, new byte[redundantBytes], 960, new byte[frameBytes], payload);
            var (type, bytes) = length > 0 ? (Call.RedPayloadType, payload[..length]) : ((byte)96, new byte[frameBytes]);
            var packet = Call.Packet((ushort)(i * step), (uint)(i * milliseconds * 48), false, Call.Ssrc, type, null, null, level: 40, bytes);
            _call.Now += milliseconds * Call.Millisecond;
            excess += _call.Publisher.OnRtp(_call.Now, packet) == ReceivedMedia.Excess ? 1 : 0;
        }

        return excess;
    }
}
