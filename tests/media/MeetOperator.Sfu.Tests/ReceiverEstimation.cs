using System.Buffers.Binary;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// The bandwidth estimation of a client that sends REMB, as in libwebrtc: 85 % of what arrives while a queue grows, otherwise 8 % more every second, but at most one and a half times what
/// arrives.
/// </summary>
internal sealed class ReceiverEstimation
{
    private const long QueueTicks = 100 * TimeSpan.TicksPerMillisecond;
    private long _estimate = 300_000;
    private long _bytes;
    private long _nextTicks;

    public void OnPacket(long nowTicks, int bytes)
    {
        _bytes += bytes;
        _nextTicks = _nextTicks == 0 ? nowTicks + TimeSpan.TicksPerSecond : _nextTicks;
    }

    /// <summary>Returns true every second.</summary>
    public bool TryReport(long nowTicks, long queueTicks, out long bitsPerSecond)
    {
        bitsPerSecond = _estimate;
        if (_nextTicks == 0 || nowTicks < _nextTicks)
        {
            return false;
        }

        var arrived = _bytes * 8;
        (_bytes, _nextTicks) = (0, nowTicks + TimeSpan.TicksPerSecond);
        _estimate = queueTicks > QueueTicks
            ? Math.Min(_estimate, arrived * 85 / 100)
            : Math.Max(_estimate, Math.Min(_estimate * 108 / 100, (arrived * 3 / 2) + 10_000));
        bitsPerSecond = _estimate;
        return true;
    }

    /// <summary>Writes a REMB (draft-alvestrand-rmcat-remb-03 §2.2) without SSRCs.</summary>
    public static byte[] Write(long bitsPerSecond)
    {
        var exponent = 0;
        for (; bitsPerSecond >> exponent > 0x3FFFF; exponent++)
        {
        }

        var packet = new byte[20];
        (packet[0], packet[1], packet[3]) = (0x8F, 206, 4);
        "REMB"u8.CopyTo(packet.AsSpan(12));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), (uint)((exponent << 18) | (int)(bitsPerSecond >> exponent)));
        return packet;
    }
}
