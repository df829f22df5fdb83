using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace MeetOperator.Stun;

/// <summary>Writes requests and reads responses of STUN and TURN (RFC 8489, RFC 8656), as far as checks of reachability need it. Reading never throws. Not thread-safe.</summary>
public sealed class StunMessage
{
    private const uint Cookie = 0x2112A442;
    private const int HeaderLength = 20;
    private const int SuccessClass = 0x0100;
    private const int ErrorClass = 0x0010;
    private readonly List<byte> _attributes = [];

    private StunMessage(StunMethod method, byte[] id)
    {
        Method = method;
        Id = id;
    }

    public StunMethod Method { get; }

    public byte[] Id { get; }

    public static StunMessage Request(StunMethod method) => new(method, RandomNumberGenerator.GetBytes(12));

    /// <summary>A binding request without credentials (RFC 8489 §6.3.1). It is not shorter than the response, because media nodes answer no shorter one.</summary>
    public static StunMessage Binding() => Request(StunMethod.Binding).Add(StunAttribute.Software, "meet reachability check");

    public StunMessage Add(StunAttribute attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)attribute);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)value.Length);
        _attributes.AddRange(head);
        _attributes.AddRange(value);
        _attributes.AddRange(stackalloc byte[-value.Length & 3]);
        return this;
    }

    public StunMessage Add(StunAttribute attribute, string value) => Add(attribute, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds an address as XOR-PEER-ADDRESS and others encode it (RFC 8489 §14.2).</summary>
    public StunMessage AddAddress(StunAttribute attribute, IPEndPoint endpoint)
    {
        Span<byte> mask = stackalloc byte[16];
        Mask(mask);
        var address = endpoint.Address.GetAddressBytes();
        var value = new byte[4 + address.Length];
        value[1] = (byte)(endpoint.AddressFamily == AddressFamily.InterNetwork ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(2), (ushort)(endpoint.Port ^ (Cookie >> 16)));
        for (var i = 0; i < address.Length; i++)
        {
            value[4 + i] = (byte)(address[i] ^ mask[i]);
        }

        return Add(attribute, value);
    }

    public StunMessage WithPeer(IPEndPoint peer) => AddAddress(StunAttribute.XorPeerAddress, peer);

    /// <summary>The message with MESSAGE-INTEGRITY of the long-term credential (RFC 8489 §9.2, §14.5).</summary>
    [SuppressMessage("Security", "CA5350:Do not use weak cryptographic algorithms", Justification = "RFC 8489 §14.5.")]
    [SuppressMessage("Security", "CA5351:Do not use broken cryptographic algorithms", Justification = "RFC 8489 §9.2.2.")]
    public byte[] Sign(string username, string realm, string password)
    {
        var unsigned = Write(_attributes.Count + 24);
        var key = MD5.HashData(Encoding.UTF8.GetBytes($"{username}:{realm}:{password}"));
        Add(StunAttribute.MessageIntegrity, HMACSHA1.HashData(key, unsigned));
        return Write(_attributes.Count);
    }

    public byte[] Write() => Write(_attributes.Count);

    /// <summary>Whether a message is the success or the error response to this request: of its method, and with its transaction ID, which only the receiver of the request knows.</summary>
    public bool IsAnsweredBy(ReadOnlySpan<byte> message) =>
        message.Length >= HeaderLength
        && (BinaryPrimitives.ReadUInt16BigEndian(message) & ~ErrorClass) == ((int)Method | SuccessClass)
        && message.Slice(8, Id.Length).SequenceEqual(Id);

    /// <summary>Reads the value of XOR-MAPPED-ADDRESS and others (RFC 8489 §14.2) in a message with the transaction ID of this one.</summary>
    public bool TryReadAddress(ReadOnlySpan<byte> value, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (value.Length < 4 || value.Length != (value[1] switch { 1 => 8, 2 => 20, _ => 0 }))
        {
            return false;
        }

        Span<byte> address = stackalloc byte[16];
        Mask(address);
        address = address[..(value.Length - 4)];
        for (var i = 0; i < address.Length; i++)
        {
            address[i] ^= value[4 + i];
        }

        endpoint = new IPEndPoint(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ (int)(Cookie >> 16));
        return true;
    }

    /// <summary>Reads a response: its class, its error code (0 for none) and its attributes, the first of each type.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out bool isSuccess, out int error, out Dictionary<StunAttribute, byte[]> attributes)
    {
        (isSuccess, error, attributes) = (false, 0, []);
        if (message.Length < HeaderLength || BinaryPrimitives.ReadUInt32BigEndian(message[4..]) != Cookie || HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(message[2..]) > message.Length)
        {
            return false;
        }

        isSuccess = (BinaryPrimitives.ReadUInt16BigEndian(message) & 0x0110) == 0x0100;
        var rest = message.Slice(HeaderLength, BinaryPrimitives.ReadUInt16BigEndian(message[2..]));
        while (rest.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (4 + length > rest.Length)
            {
                return false;
            }

            attributes.TryAdd((StunAttribute)BinaryPrimitives.ReadUInt16BigEndian(rest), rest.Slice(4, length).ToArray());
            rest = rest[Math.Min(rest.Length, 4 + ((length + 3) & ~3))..];
        }

        if (attributes.TryGetValue(StunAttribute.ErrorCode, out var code) && code.Length >= 4)
        {
            error = (code[2] * 100) + code[3];
        }

        return true;
    }

    private void Mask(Span<byte> mask)
    {
        BinaryPrimitives.WriteUInt32BigEndian(mask, Cookie);
        Id.CopyTo(mask[4..]);
    }

    private byte[] Write(int length)
    {
        var message = new byte[HeaderLength + _attributes.Count];
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)Method);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)length);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), Cookie);
        Id.CopyTo(message, 8);
        _attributes.CopyTo(message, HeaderLength);
        return message;
    }
}
