using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// Answers STUN binding requests without credentials (RFC 8489 §6.3.1), with which it can be tested from any place whether a port is reachable. As anyone may send them, also with a forged source
/// address, a response has at most 1.375 times the bytes of its request, and their number is limited. Not thread-safe; allocates nothing.
/// </summary>
public sealed class BindingResponder
{
    /// <summary>Shortest request in bytes; responses have 32 with an IPv4 address and 44 with an IPv6 address.</summary>
    public const int MinRequestBytes = 32;

    /// <summary>Responses per second to all senders.</summary>
    public const int PerSecond = 200;

    /// <summary>
    /// Responses per second of all ports of a node to one sender, an IPv4 address or an IPv6 network of 64 bits. A forged address is one too: many of them together use up what others need.
    /// </summary>
    public const int PerSecondOfSender = 10;

    /// <summary>Senders share a limit with those that have the same hash.</summary>
    private const int Senders = 256;
    private readonly RateLimit[] _senders = new RateLimit[Senders];
    private RateLimit _all = new(PerSecond);

    /// <param name="ports">Number of ports of the node, each of which has a responder; the limit of a sender is divided between them, but each port answers one request a second.</param>
    public BindingResponder(int ports) => Array.Fill(_senders, new RateLimit(Math.Max(1, PerSecondOfSender / ports)));

    /// <summary>Writes the response; false when the datagram is no such request, or the limit is reached.</summary>
    /// <param name="nowTicks">The current time.</param>
    /// <param name="from">The sender.</param>
    /// <param name="datagram">What it sent.</param>
    /// <param name="buffer">Receives the response; at least <see cref="EchoProbe.MaximumLength"/> bytes.</param>
    /// <param name="length">Bytes of the response.</param>
    public bool TryRespond(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, Span<byte> buffer, out int length)
    {
        length = 0;
        if (datagram.Length < MinRequestBytes
            || !StunMessage.TryParse(datagram, out var request)
            || request.Type != StunMessageType.BindingRequest
            || !request.Username.IsEmpty
            || request.UnknownRequiredAttribute != 0
            || !request.VerifyFingerprint()
            || !_senders[(uint)HashCode.Combine(from.High, from.IsIPv4 ? from.Low : 0) % Senders].TryTake(nowTicks)
            || !_all.TryTake(nowTicks))
        {
            return false;
        }

        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, request.TransactionId);
        writer.AddXorMappedAddress(from);
        length = writer.Length;
        return true;
    }
}
