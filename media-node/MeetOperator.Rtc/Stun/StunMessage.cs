using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MeetOperator.Rtc.Stun;

/// <summary>A view of a STUN message (RFC 8489). Parsing allocates nothing and checks only the format.</summary>
public readonly ref struct StunMessage
{
    private readonly StunAttributes _attributes;

    private StunMessage(ReadOnlySpan<byte> data, scoped in StunAttributes attributes)
    {
        Data = data;
        _attributes = attributes;
    }

    public ReadOnlySpan<byte> Data { get; }

    public StunMessageType Type => (StunMessageType)BinaryPrimitives.ReadUInt16BigEndian(Data);

    /// <summary>The 96-bit transaction ID that matches a response with its request.</summary>
    public ReadOnlySpan<byte> TransactionId => Data.Slice(8, StunConstants.TransactionIdLength);

    public ReadOnlySpan<byte> Username => _attributes.Username.Slice(Data);

    public bool HasFingerprint => _attributes.Fingerprint.Offset != 0;

    public bool HasUseCandidate => _attributes.UseCandidate;

    public bool HasIceControlled => _attributes.IceControlled;

    /// <summary>PRIORITY, or 0.</summary>
    public uint Priority => _attributes.Priority;

    /// <summary>The first unknown comprehension-required attribute, or 0.</summary>
    public ushort UnknownRequiredAttribute => _attributes.UnknownRequired;

    /// <summary>Parses a message. Checks the two zero bits, the magic cookie, the length, and the lengths of the attributes.</summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out StunMessage message)
    {
        message = default;
        if (datagram.Length < StunConstants.HeaderLength
            || datagram[0] > 0x3F
            || BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) != StunConstants.MagicCookie)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        if ((length & 3) != 0
            || length + StunConstants.HeaderLength != datagram.Length
            || !StunAttributes.TryParse(datagram, out var attributes))
        {
            return false;
        }

        message = new StunMessage(datagram, attributes);
        return true;
    }

    /// <summary>
    /// Reads the receiver's username fragment, which precedes the colon in USERNAME (RFC 8445 §7.2.2). A host uses it to find the session
    /// of a check. The message is not verified.
    /// </summary>
    public static bool TryReadLocalUfrag(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> ufrag)
    {
        ufrag = default;
        if (!TryParse(datagram, out var message))
        {
            return false;
        }

        var colon = message.Username.IndexOf((byte)':');
        if (colon <= 0)
        {
            return false;
        }

        ufrag = message.Username[..colon];
        return true;
    }

    /// <summary>Verifies MESSAGE-INTEGRITY with a short-term password (RFC 8489 §14.5). False when it is absent.</summary>
    public bool VerifyIntegrity(ReadOnlySpan<byte> password)
    {
        var offset = _attributes.Integrity.Offset;
        if (offset == 0)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[StunConstants.IntegrityLength];
        StunIntegrity.Compute(Data, offset - 4, password, expected);
        return CryptographicOperations.FixedTimeEquals(expected, _attributes.Integrity.Slice(Data));
    }

    /// <summary>Verifies FINGERPRINT (RFC 8489 §14.7). True when it is absent.</summary>
    public bool VerifyFingerprint() =>
        !HasFingerprint || BinaryPrimitives.ReadUInt32BigEndian(_attributes.Fingerprint.Slice(Data))
            == StunFingerprint.Compute(Data[..(_attributes.Fingerprint.Offset - 4)]);
}
