using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MeetOperator.Rtc.Stun;

/// <summary>MESSAGE-INTEGRITY: HMAC-SHA1 over the message before the attribute (RFC 8489 §14.5).</summary>
internal static class StunIntegrity
{
    /// <summary>Computes the value for an attribute that starts at <paramref name="attributeOffset"/>.</summary>
    internal static void Compute(ReadOnlySpan<byte> message, int attributeOffset, ReadOnlySpan<byte> password, Span<byte> destination)
    {
        // For the hash, the length in the header ends with the integrity attribute, regardless of later attributes.
        const int StackLimit = 1024;
        var covered = attributeOffset <= StackLimit ? stackalloc byte[attributeOffset] : new byte[attributeOffset];
        message[..attributeOffset].CopyTo(covered);
        var length = attributeOffset - StunConstants.HeaderLength + 4 + StunConstants.IntegrityLength;
        BinaryPrimitives.WriteUInt16BigEndian(covered[2..], (ushort)length);
        HMACSHA1.HashData(password, covered, destination);
    }
}
