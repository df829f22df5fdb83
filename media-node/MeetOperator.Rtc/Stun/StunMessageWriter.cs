using System.Buffers.Binary;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Stun;

/// <summary>Writes a STUN message: header, attributes, then integrity, then fingerprint.</summary>
public ref struct StunMessageWriter
{
    /// <summary>Required size of the buffer in bytes; no message is longer.</summary>
    public const int MaximumLength = 640;

    private readonly Span<byte> _buffer;

    /// <summary>Starts a message in a buffer of at least <see cref="MaximumLength"/> bytes.</summary>
    public StunMessageWriter(Span<byte> buffer, StunMessageType type, scoped ReadOnlySpan<byte> transactionId)
    {
        _buffer = buffer;
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)type);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[4..], StunConstants.MagicCookie);
        transactionId[..StunConstants.TransactionIdLength].CopyTo(buffer[8..]);
        Length = StunConstants.HeaderLength;
        UpdateLength();
    }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>Length of a check with USERNAME, PRIORITY, ICE-CONTROLLED, MESSAGE-INTEGRITY and FINGERPRINT.</summary>
    internal static int CheckLength(int usernameBytes) =>
        StunConstants.HeaderLength + AttributeLength(usernameBytes) + AttributeLength(4) + AttributeLength(8) + AttributeLength(StunConstants.IntegrityLength) + AttributeLength(4);

    public void AddUsername(scoped ReadOnlySpan<byte> username) => username.CopyTo(Add(StunConstants.Username, username.Length));

    public void AddPriority(uint priority) => BinaryPrimitives.WriteUInt32BigEndian(Add(StunConstants.Priority, 4), priority);

    public void AddUseCandidate() => Add(StunConstants.UseCandidate, 0);

    public void AddIceControlling(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(Add(StunConstants.IceControlling, 8), tieBreaker);

    public void AddIceControlled(ulong tieBreaker) =>
        BinaryPrimitives.WriteUInt64BigEndian(Add(StunConstants.IceControlled, 8), tieBreaker);

    public void AddXorMappedAddress(TransportAddress address)
    {
        var value = Add(StunConstants.XorMappedAddress, address.IsIPv4 ? 8 : 20);
        value[0] = 0;
        value[1] = (byte)(address.IsIPv4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ (StunConstants.MagicCookie >> 16)));
        if (address.IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value[4..], (uint)address.Low ^ StunConstants.MagicCookie);
            return;
        }

        // RFC 8489 §14.2: an IPv6 address is combined with the magic cookie and the transaction ID, which are adjacent in the header.
        BinaryPrimitives.WriteUInt64BigEndian(value[4..], address.High ^ BinaryPrimitives.ReadUInt64BigEndian(_buffer[4..]));
        BinaryPrimitives.WriteUInt64BigEndian(value[12..], address.Low ^ BinaryPrimitives.ReadUInt64BigEndian(_buffer[12..]));
    }

    public void AddErrorCode(int code, scoped ReadOnlySpan<byte> reason)
    {
        var value = Add(StunConstants.ErrorCode, 4 + reason.Length);
        value[..2].Clear();
        value[2] = (byte)(code / 100);
        value[3] = (byte)(code % 100);
        reason.CopyTo(value[4..]);
    }

    public void AddUnknownAttribute(ushort type) =>
        BinaryPrimitives.WriteUInt16BigEndian(Add(StunConstants.UnknownAttributes, 2), type);

    public void AddIntegrity(scoped ReadOnlySpan<byte> password)
    {
        var offset = Length;
        var value = Add(StunConstants.MessageIntegrity, StunConstants.IntegrityLength);
        StunIntegrity.Compute(_buffer, offset, password, value);
    }

    public void AddFingerprint()
    {
        var offset = Length;
        var value = Add(StunConstants.Fingerprint, 4);
        BinaryPrimitives.WriteUInt32BigEndian(value, StunFingerprint.Compute(_buffer[..offset]));
    }

    private Span<byte> Add(ushort type, int length)
    {
        var padded = AttributeLength(length) - 4;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[Length..], type);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[(Length + 2)..], (ushort)length);
        var value = _buffer.Slice(Length + 4, padded);
        value.Clear();
        Length += 4 + padded;
        UpdateLength();
        return value[..length];
    }

    /// <summary>Type, length, and the value up to the next multiple of four (RFC 8489 §14).</summary>
    private static int AttributeLength(int valueBytes) => 4 + ((valueBytes + 3) & ~3);

    private readonly void UpdateLength() =>
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[2..], (ushort)(Length - StunConstants.HeaderLength));
}
