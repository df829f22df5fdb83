using MeetOperator.Rtp.Packets;

namespace MeetOperator.Bench.Media;

/// <summary>A microphone that hears nothing, or whose client mutes it by disabling its track: Chromium sends what DTX of Opus leaves of silence, two packets every 400 ms (docs/media/loss.md).</summary>
internal sealed class SilentMicrophone(BenchPeer peer)
{
    private static readonly long Period = TimeSpan.FromMilliseconds(400).Ticks;
    private static readonly byte[] Silence = [0xF8, 0xFF, 0xFE];
    private long _next;
    private ushort _sequence;

    /// <summary>Sends the packets that are due at <paramref name="now"/>, in ticks.</summary>
    public void SendDue(long now)
    {
        if (!peer.IsConnected || now < _next)
        {
            return;
        }

        _next = now + Period;
        for (var frame = 0u; frame < 2; frame++)
        {
            var timestamp = (uint)(now * 48_000 / TimeSpan.TicksPerSecond) + (frame * 960);
            peer.SendRtp(new RtpHeader { PayloadType = 111, SequenceNumber = ++_sequence, Timestamp = timestamp, Ssrc = BenchSdp.AudioSsrc }, Silence);
        }

        peer.Flush();
    }
}
