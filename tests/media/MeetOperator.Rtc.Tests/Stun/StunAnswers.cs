using System.Buffers.Binary;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Tests.Stun;

/// <summary>Reads the attributes that the media node writes and never reads.</summary>
internal static class StunAnswers
{
    /// <summary>The code of ERROR-CODE, such as 487; 0 when it is absent.</summary>
    public static int ErrorCodeOf(StunMessage message) =>
        TryFind(message.Data, StunConstants.ErrorCode, out var value) ? ((value[2] & 7) * 100) + value[3] : 0;

    /// <summary>The address of XOR-MAPPED-ADDRESS, or null.</summary>
    public static TransportAddress? MappedAddressOf(StunMessage message)
    {
        if (!TryFind(message.Data, StunConstants.XorMappedAddress, out var value) || value[1] != 1)
        {
            return null;
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ (StunConstants.MagicCookie >> 16);
        return new TransportAddress(BinaryPrimitives.ReadUInt32BigEndian(value[4..]) ^ StunConstants.MagicCookie, (ushort)port);
    }

    public static bool HasAttribute(StunMessage message, ushort type) => TryFind(message.Data, type, out _);

    private static bool TryFind(ReadOnlySpan<byte> message, ushort type, out ReadOnlySpan<byte> value)
    {
        var position = StunConstants.HeaderLength;
        while (position < message.Length)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]);
            value = message.Slice(position + 4, length);
            if (BinaryPrimitives.ReadUInt16BigEndian(message[position..]) == type)
            {
                return true;
            }

            position += 4 + ((length + 3) & ~3);
        }

        value = default;
        return false;
    }
}
