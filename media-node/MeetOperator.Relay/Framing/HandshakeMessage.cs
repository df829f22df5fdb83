using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MeetOperator.Relay.Framing;

/// <summary>A hello, accept or confirm (docs/relay.md). Its MAC covers all bytes before it, so also the kind and the receiver's tag.</summary>
internal readonly record struct HandshakeMessage
{
    /// <summary>The version of the protocol that this code speaks.</summary>
    internal const byte CurrentVersion = 1;

    /// <summary>Length of an accept or confirm in bytes. A hello has no nonce of the acceptor.</summary>
    internal const int MaximumLength = HelloLength + NonceLength;

    private const int HelloLength = 48;
    private const int NonceLength = 16;
    private const int MacLength = 16;

    internal required LinkDatagramKind Kind { get; init; }

    /// <summary>The epoch of the secret whose key authenticates the message.</summary>
    internal required ushort Epoch { get; init; }

    /// <summary>The receiver's tag.</summary>
    internal required uint Tag { get; init; }

    /// <summary>The highest version of the sender in a hello; the version of the session in an accept or confirm.</summary>
    internal required byte Version { get; init; }

    /// <summary>The number of the session that the handshake opens. The opener chooses it.</summary>
    internal required ushort Session { get; init; }

    /// <summary>The number of the ordered channel that the session continues, or of the session itself for a new channel.</summary>
    internal required ushort Channel { get; init; }

    internal required UInt128 OpenerNonce { get; init; }

    /// <summary>The acceptor's nonce; 0 in a hello.</summary>
    internal UInt128 AcceptorNonce { get; init; }

    /// <summary>Whether the session starts a new ordered channel.</summary>
    internal bool StartsChannel => Channel == Session;

    private bool IsHello => Kind == LinkDatagramKind.Hello;

    /// <summary>Reads the fields. Returns false unless the datagram is a handshake message of exactly the right length. Does not check the MAC.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> datagram, out HandshakeMessage message)
    {
        message = default;
        if (!LinkDatagram.TryRead(datagram, out var header)
            || header.Kind > LinkDatagramKind.Confirm
            || datagram.Length != (header.Kind == LinkDatagramKind.Hello ? HelloLength : MaximumLength)
            || datagram[8] == 0)
        {
            return false;
        }

        message = new HandshakeMessage
        {
            Kind = header.Kind,
            Epoch = header.Number,
            Tag = header.Tag,
            Version = datagram[8],
            Session = BinaryPrimitives.ReadUInt16BigEndian(datagram[10..]),
            Channel = BinaryPrimitives.ReadUInt16BigEndian(datagram[12..]),
            OpenerNonce = BinaryPrimitives.ReadUInt128BigEndian(datagram[16..]),
            AcceptorNonce = header.Kind == LinkDatagramKind.Hello ? 0 : BinaryPrimitives.ReadUInt128BigEndian(datagram[32..]),
        };
        return true;
    }

    /// <summary>Whether the MAC at the end of a datagram is valid. The comparison takes the same time for all values.</summary>
    internal static bool IsAuthentic(ReadOnlySpan<byte> datagram, ReadOnlySpan<byte> macKey)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(macKey, datagram[..^MacLength], mac);
        return CryptographicOperations.FixedTimeEquals(mac[..MacLength], datagram[^MacLength..]);
    }

    /// <summary>Writes the message with its MAC. Returns its length, or 0 when it does not fit.</summary>
    internal int Write(Span<byte> destination, ReadOnlySpan<byte> macKey)
    {
        var length = IsHello ? HelloLength : MaximumLength;
        if (destination.Length < length)
        {
            return 0;
        }

        var message = destination[..length];
        message.Clear();
        LinkDatagram.WriteHeader(message, new LinkHeader(Kind, Epoch, Tag));
        message[8] = Version;
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], Session);
        BinaryPrimitives.WriteUInt16BigEndian(message[12..], Channel);
        BinaryPrimitives.WriteUInt128BigEndian(message[16..], OpenerNonce);
        if (!IsHello)
        {
            BinaryPrimitives.WriteUInt128BigEndian(message[32..], AcceptorNonce);
        }

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(macKey, message[..^MacLength], mac);
        mac[..MacLength].CopyTo(message[^MacLength..]);
        return length;
    }
}
