using System.Buffers.Binary;

namespace MeetOperator.Rtc.Stun;

/// <summary>The offsets and values of the attributes of a message, parsed in one pass.</summary>
internal struct StunAttributes
{
    internal Range Username;
    internal Range Integrity;
    internal Range Fingerprint;
    internal uint Priority;
    internal ushort UnknownRequired;
    internal bool UseCandidate;
    internal bool IceControlled;

    internal static bool TryParse(ReadOnlySpan<byte> message, out StunAttributes attributes)
    {
        attributes = default;
        var position = StunConstants.HeaderLength;
        while (position < message.Length)
        {
            // FINGERPRINT must be the last attribute (RFC 8489 §14.7).
            if (position + 4 > message.Length || attributes.Fingerprint.Offset != 0)
            {
                return false;
            }

            var type = BinaryPrimitives.ReadUInt16BigEndian(message[position..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]);
            var value = new Range(position + 4, length);
            position += 4 + ((length + 3) & ~3);
            if (position > message.Length)
            {
                return false;
            }

            // §14.5: attributes after MESSAGE-INTEGRITY are not protected and are ignored, except for FINGERPRINT.
            if (attributes.Integrity.Offset != 0 && type != StunConstants.Fingerprint)
            {
                continue;
            }

            if (!attributes.TryAdd(type, value, message))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryAdd(ushort type, Range value, ReadOnlySpan<byte> message)
    {
        switch (type)
        {
            case StunConstants.Username when Username.Offset == 0:
                Username = value; // the first one of repeated attributes is used (§14)
                return value.Length <= 513;
            case StunConstants.MessageIntegrity:
                Integrity = value;
                return value.Length == StunConstants.IntegrityLength;
            case StunConstants.Fingerprint:
                Fingerprint = value;
                return value.Length == 4;
            case StunConstants.Priority:
                Priority = value.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(value.Slice(message)) : 0;
                return value.Length == 4;
            case StunConstants.UseCandidate:
                UseCandidate = true;
                return true;
            case StunConstants.IceControlled:
                IceControlled = true;
                return value.Length == 8;
            case StunConstants.IceControlling:
                return value.Length == 8;
            case StunConstants.ErrorCode:
                return value.Length >= 4;
            case StunConstants.UnknownAttributes or StunConstants.Username or StunConstants.XorMappedAddress:
                return true;
            default:
                if (type < StunConstants.FirstComprehensionOptional && UnknownRequired == 0)
                {
                    UnknownRequired = type;
                }

                return true;
        }
    }

    /// <summary>The location of a value in the message. Offset 0 means that the attribute is absent.</summary>
    internal readonly record struct Range(int Offset, int Length)
    {
        internal ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> message) => message.Slice(Offset, Length);
    }
}
