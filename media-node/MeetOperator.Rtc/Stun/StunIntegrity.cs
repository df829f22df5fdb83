using System.Buffers.Binary;
using MeetOperator.Native.OpenSsl;

namespace MeetOperator.Rtc.Stun;

/// <summary>MESSAGE-INTEGRITY: HMAC-SHA1 over the message before the attribute (RFC 8489 §14.5).</summary>
internal static class StunIntegrity
{
    /// <summary>Kept, because a new context costs several times as much as the hash of a check.</summary>
    [ThreadStatic]
    private static HmacSha1? _mac;

    /// <summary>Computes the value for an attribute that starts at <paramref name="attributeOffset"/>.</summary>
    internal static void Compute(ReadOnlySpan<byte> message, int attributeOffset, ReadOnlySpan<byte> password, Span<byte> destination)
    {
        // For the hash, the length in the header ends with the integrity attribute, regardless of later attributes.
        Span<byte> header = stackalloc byte[StunConstants.HeaderLength];
        message[..StunConstants.HeaderLength].CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(attributeOffset - StunConstants.HeaderLength + 4 + StunConstants.IntegrityLength));
        var mac = _mac ??= new HmacSha1(stackalloc byte[HmacSha1.Length]);
        mac.Start(password);
        mac.Append(header);
        mac.Append(message[StunConstants.HeaderLength..attributeOffset]);
        mac.Finish(destination);
    }
}
