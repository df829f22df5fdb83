using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>
/// The payload format for redundant audio (RFC 2198): headers of earlier frames, the header of the current frame, then the frames in the same order. Pure functions on
/// unencrypted payloads without RTP padding.
/// </summary>
public static class RedPayload
{
    /// <summary>The longest earlier frame in bytes.</summary>
    public const int MaxRedundantBytes = 0x3FF;

    /// <summary>The largest distance of an earlier frame in RTP clock ticks: 341 ms of Opus.</summary>
    public const uint MaxTimestampOffset = 0x3FFF;

    /// <summary>Bytes that one earlier frame adds to the payload besides itself, with the header of the current frame.</summary>
    public const int HeaderBytes = RedundantHeaderBytes + 1;

    private const int RedundantHeaderBytes = 4;
    private const byte Follows = 0x80;

    /// <summary>Finds the current frame, which ends the payload. False for a payload that is not valid.</summary>
    /// <param name="payload">The RTP payload.</param>
    /// <param name="payloadType">The payload type of the current frame.</param>
    /// <param name="offset">Where the current frame starts.</param>
    public static bool TryFindCurrent(ReadOnlySpan<byte> payload, out byte payloadType, out int offset)
    {
        (payloadType, offset) = (0, 0);
        var (at, redundant) = (0, 0);
        while (at < payload.Length && (payload[at] & Follows) != 0)
        {
            if (payload.Length - at <= RedundantHeaderBytes)
            {
                return false;
            }

            redundant += BinaryPrimitives.ReadUInt16BigEndian(payload[(at + 2)..]) & MaxRedundantBytes;
            at += RedundantHeaderBytes;
        }

        if (at >= payload.Length || at + 1 + redundant > payload.Length)
        {
            return false;
        }

        (payloadType, offset) = (payload[at], at + 1 + redundant);
        return true;
    }

    /// <summary>Sets the payload type of all frames of a valid payload.</summary>
    public static void SetPayloadType(Span<byte> payload, byte payloadType)
    {
        var at = 0;
        while (at < payload.Length)
        {
            var follows = (payload[at] & Follows) != 0;
            payload[at] = (byte)((payload[at] & Follows) | payloadType);
            if (!follows)
            {
                return;
            }

            at += RedundantHeaderBytes;
        }
    }

    /// <summary>Writes a payload with one earlier frame. Returns its length, or 0 when the earlier frame is too long or too old, or the payload does not fit.</summary>
    /// <param name="payloadType">The payload type of both frames.</param>
    /// <param name="earlier">The earlier frame.</param>
    /// <param name="timestampOffset">How much earlier it is, in RTP clock ticks.</param>
    /// <param name="current">The current frame.</param>
    /// <param name="destination">Receives the payload.</param>
    public static int Write(byte payloadType, ReadOnlySpan<byte> earlier, uint timestampOffset, ReadOnlySpan<byte> current, Span<byte> destination)
    {
        var length = HeaderBytes + earlier.Length + current.Length;
        if (earlier.IsEmpty || earlier.Length > MaxRedundantBytes || timestampOffset is 0 or > MaxTimestampOffset || length > destination.Length)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt32BigEndian(destination, ((uint)(Follows | payloadType) << 24) | (timestampOffset << 10) | (uint)earlier.Length);
        destination[RedundantHeaderBytes] = payloadType;
        earlier.CopyTo(destination[HeaderBytes..]);
        current.CopyTo(destination[(HeaderBytes + earlier.Length)..]);
        return length;
    }
}
