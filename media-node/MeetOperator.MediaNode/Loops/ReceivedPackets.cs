using MeetOperator.Sfu.Peers;

namespace MeetOperator.MediaNode.Loops;

/// <summary>What a received RTP packet means for its loop, the same for sessions of clients and for links.</summary>
internal static class ReceivedPackets
{
    /// <summary>When the timers run after a packet of a muted track. Nothing waits for the feedback about it.</summary>
    private const long MutedTimerTicks = TimeSpan.TicksPerSecond;

    /// <summary>Records a packet. Returns when the timers of its session must run: soon after media, which may have set them; null for a packet of no known stream.</summary>
    public static long? Record(MediaLoop loop, long nowTicks, ReadOnlySpan<byte> packet, ReceivedMedia media)
    {
        switch (media)
        {
            case ReceivedMedia.Active or ReceivedMedia.Excess:
                loop.IngressDrops.AudioRate += media == ReceivedMedia.Excess ? 1 : 0;
                loop.Frame.OnPacket(packet.Length, hasMarker: (packet[1] & 0x80) != 0);
                loop.Ticks.OnMedia();
                loop.Rest.OnActivity(nowTicks);
                return TickSchedule.Next(nowTicks);
            case ReceivedMedia.Muted:
                return TickSchedule.Align(nowTicks, nowTicks + MutedTimerTicks);
            default:
                loop.IngressDrops.UnknownStream++;
                return null;
        }
    }
}
