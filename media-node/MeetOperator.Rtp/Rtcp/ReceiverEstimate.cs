using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>The bit rate that a receiver estimates for all streams together: REMB (draft-alvestrand-rmcat-remb-03 §2.2).</summary>
public static class ReceiverEstimate
{
    /// <summary>"REMB", the count of SSRCs, and the bit rate.</summary>
    private const int Length = 8;

    private static ReadOnlySpan<byte> Identifier => "REMB"u8;

    /// <summary>Reads the bits per second of a REMB. False when the message is another one or malformed. The value is at most <see cref="long.MaxValue"/>.</summary>
    public static bool TryRead(scoped in FeedbackMessage message, out long bitsPerSecond)
    {
        bitsPerSecond = 0;
        var information = message.Information;
        if ((message.Type, message.Format) != (RtcpPacketType.PayloadFeedback, RtcpFeedbackFormat.PayloadApplication)
            || information.Length < Length || !information.StartsWith(Identifier))
        {
            return false;
        }

        // 8 bits: count of SSRCs; 6 bits: exponent; 18 bits: mantissa.
        var word = BinaryPrimitives.ReadUInt32BigEndian(information[4..]);
        var exponent = (int)(word >> 18) & 0x3F;
        long mantissa = word & 0x3_FFFF;
        bitsPerSecond = mantissa << exponent;
        if (exponent > 45 && bitsPerSecond >> exponent != mantissa)
        {
            bitsPerSecond = long.MaxValue;
        }

        bitsPerSecond = bitsPerSecond < 0 ? long.MaxValue : bitsPerSecond;
        return true;
    }
}
