using System.Buffers.Binary;

namespace MeetOperator.Relay.Channel;

/// <summary>
/// The layout of a segment and of an acknowledgement (docs/relay.md). A segment has a number, the acknowledgement of the other direction, and messages, each with its
/// length in two bytes. Zeros may follow, which pad the packet.
/// </summary>
internal static class Segment
{
    /// <summary>Length of the number, the acknowledgement and the bitmap.</summary>
    internal const int HeaderLength = 16;

    /// <summary>Length of an acknowledgement without a segment.</summary>
    internal const int AcknowledgementLength = 12;

    /// <summary>Maximum length of a segment in bytes. A datagram with one fits every path.</summary>
    internal const int MaximumLength = HeaderLength + MaximumContentLength;

    /// <summary>Maximum length of the messages of a segment with their length fields.</summary>
    internal const int MaximumContentLength = 1100;

    internal const int LengthField = 2;

    internal static uint ReadNumber(ReadOnlySpan<byte> segment) => BinaryPrimitives.ReadUInt32BigEndian(segment);

    internal static void WriteNumber(Span<byte> segment, uint number) => BinaryPrimitives.WriteUInt32BigEndian(segment, number);

    /// <summary>Reads the next expected number, and the bitmap whose bit i stands for the i-th number after it.</summary>
    internal static (uint Next, ulong Later) ReadAcknowledgement(ReadOnlySpan<byte> data) => (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt64BigEndian(data[4..]));

    internal static void WriteAcknowledgement(Span<byte> data, uint next, ulong later)
    {
        BinaryPrimitives.WriteUInt32BigEndian(data, next);
        BinaryPrimitives.WriteUInt64BigEndian(data[4..], later);
    }

    /// <summary>
    /// Removes the first message from the content. False at its end, where <paramref name="isValid"/> tells whether the content is well-formed: complete messages of at
    /// most <paramref name="maximumLength"/> bytes, then at most three zeros.
    /// </summary>
    internal static bool TryTakeMessage(scoped ref ReadOnlySpan<byte> content, int maximumLength, out ReadOnlySpan<byte> message, out bool isValid)
    {
        message = default;
        var length = content.Length < LengthField ? 0 : BinaryPrimitives.ReadUInt16BigEndian(content);
        if (length == 0)
        {
            isValid = content.Length <= 3 && content.IndexOfAnyExcept((byte)0) < 0;
            return false;
        }

        isValid = length <= maximumLength && length <= content.Length - LengthField;
        if (!isValid)
        {
            return false;
        }

        message = content.Slice(LengthField, length);
        content = content[(LengthField + length)..];
        return true;
    }
}
