using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>Receiver estimated maximum bitrate, REMB (draft-alvestrand-rmcat-remb-03 §2.2).</summary>
public static class BandwidthEstimate
{
    /// <summary>Reads the receiver's estimate in bits per second. False for other messages and malformed ones.</summary>
    public static bool TryRead(scoped in FeedbackMessage message, out long bitsPerSecond)
    {
        bitsPerSecond = 0;
        var information = message.Information;
        if (message.Type != RtcpPacketType.PayloadFeedback
            || message.Format != RtcpFeedbackFormat.PayloadApplicationLayer
            || information.Length < 8
            || !information[..4].SequenceEqual("REMB"u8)
            || information.Length < 8 + (information[4] * 4))
        {
            return false;
        }

        var word = BinaryPrimitives.ReadUInt32BigEndian(information[4..]) & 0xFF_FFFF;
        var exponent = (int)(word >> 18);
        long mantissa = word & 0x3_FFFF;
        if (exponent > 44)
        {
            return false; // the value would exceed 63 bits
        }

        bitsPerSecond = mantissa << exponent;
        return true;
    }
}
