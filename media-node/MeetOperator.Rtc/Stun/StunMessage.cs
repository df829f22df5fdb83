using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MeetOperator.Rtc.Stun;

/// <summary>A view of a STUN message (RFC 8489). Parsing allocates nothing and verifies nothing but the form.</summary>
public readonly ref struct StunMessage
{
    private readonly StunAttributes attributes;

    private StunMessage(ReadOnlySpan<byte> data, scoped in StunAttributes attributes)
    {
        Data = data;
        this.attributes = attributes;
    }

    public ReadOnlySpan<byte> Data { get; }

    public StunMessageType Type => (StunMessageType)BinaryPrimitives.ReadUInt16BigEndian(Data);

    /// <summary>The 96 bits that tie a response to its request.</summary>
    public ReadOnlySpan<byte> TransactionId => Data.Slice(8, StunConstants.TransactionIdLength);

    public ReadOnlySpan<byte> Username => attributes.Username.Of(Data);

    public bool HasIntegrity => attributes.Integrity.Offset != 0;

    public bool HasFingerprint => attributes.Fingerprint.Offset != 0;

    public bool UseCandidate => attributes.UseCandidate;

    public bool HasIceControlled => attributes.IceControlled;

    public bool HasIceControlling => attributes.IceControlling;

    /// <summary>PRIORITY, or 0.</summary>
    public uint Priority => attributes.Priority;

    /// <summary>The code of ERROR-CODE, such as 487, or 0.</summary>
    public int ErrorCode => attributes.ErrorCode;

    /// <summary>The first attribute that must be understood and is not, or 0.</summary>
    public ushort UnknownRequiredAttribute => attributes.UnknownRequired;

    /// <summary>Parses a message: the two zero bits, the magic cookie, the length, and attributes that fit.</summary>
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
    /// The receiver's user name fragment: what stands before the colon of USERNAME (RFC 8445 §7.2.2). Lets a host find
    /// whose check this is; nothing is verified yet.
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

    /// <summary>Checks MESSAGE-INTEGRITY against a short-term password (RFC 8489 §14.5).</summary>
    public bool VerifyIntegrity(ReadOnlySpan<byte> password)
    {
        var offset = attributes.Integrity.Offset;
        if (offset == 0)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[StunConstants.IntegrityLength];
        StunIntegrity.Compute(Data, offset - 4, password, expected);
        return CryptographicOperations.FixedTimeEquals(expected, attributes.Integrity.Of(Data));
    }

    /// <summary>Checks FINGERPRINT (RFC 8489 §14.7); true when there is none.</summary>
    public bool VerifyFingerprint() =>
        !HasFingerprint || BinaryPrimitives.ReadUInt32BigEndian(attributes.Fingerprint.Of(Data))
            == StunFingerprint.Compute(Data[..(attributes.Fingerprint.Offset - 4)]);

    /// <summary>XOR-MAPPED-ADDRESS, when it is there and IPv4.</summary>
    public bool TryGetMappedAddress(out TransportAddress address)
    {
        address = default;
        var value = attributes.XorMappedAddress.Of(Data);
        if (value.Length != 8 || value[1] != 1)
        {
            return false;
        }

        var port = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ (StunConstants.MagicCookie >> 16));
        address = new TransportAddress(BinaryPrimitives.ReadUInt32BigEndian(value[4..]) ^ StunConstants.MagicCookie, port);
        return true;
    }
}
