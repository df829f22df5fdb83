namespace MeetOperator.Rtc.Ice;

/// <summary>One address of the peer: what was learnt of it, and how much may be sent to it.</summary>
internal sealed class IcePath(TransportAddress address, long nowTicks)
{
    /// <summary>As much as QUIC allows before it has validated an address (RFC 9000 §8.1).</summary>
    private const long Amplification = 3;

    private long received;
    private long sent;

    internal TransportAddress Address { get; } = address;

    /// <summary>PRIORITY of the newest check (RFC 8445 §7.1.1): as we have one candidate, it orders the pairs.</summary>
    internal uint Priority { get; set; }

    internal bool Nominated { get; set; }

    /// <summary>The end of the DTLS handshake or new authentic SRTP came from here. A check does not prove that much: whoever copied one can send it again.</summary>
    internal bool Proven { get; set; }

    /// <summary>When consent was last given (RFC 7675): the time of the newest check, or of the first packet when media opened the path.</summary>
    internal long ConsentTicks { get; set; } = nowTicks;

    /// <summary>When anything authentic last came from here.</summary>
    internal long LastHeardTicks { get; set; } = nowTicks;

    /// <summary>When media, reports or a nomination last came: what a peer sends where it wants to get media. Checks alone keep spare pairs alive.</summary>
    internal long LastActiveTicks { get; set; } = nowTicks;

    /// <summary>Bytes that may still be sent.</summary>
    internal long Allowance => Proven ? long.MaxValue : (Amplification * received) - sent;

    internal void CountReceived(int bytes) => received += bytes;

    internal void CountSent(int bytes) => sent += bytes;

    internal bool TrySpend(int bytes)
    {
        if (Proven)
        {
            return true;
        }

        if (Allowance < bytes)
        {
            return false;
        }

        sent += bytes;
        return true;
    }
}
