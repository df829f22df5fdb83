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

    /// <summary>
    /// The peer showed within the last 30 s that it can read here: it answered our check, or ended a DTLS handshake whose datagrams went here alone.
    /// What only comes from an address proves nothing, however authentic: whoever made it can write any source on it.
    /// </summary>
    internal bool Proven { get; private set; }

    internal long ProvenTicks { get; private set; }

    /// <summary>When consent was last given (RFC 7675): the time of the newest check or answer, or of the first packet when media opened the path.</summary>
    internal long ConsentTicks { get; set; } = nowTicks;

    /// <summary>When anything authentic last came from here.</summary>
    internal long LastHeardTicks { get; set; } = nowTicks;

    /// <summary>When media, reports or a nomination last came: what a peer sends where it wants to get media. Checks alone keep spare pairs alive.</summary>
    internal long LastActiveTicks { get; set; } = nowTicks;

    /// <summary>What the peer's last check from here was signed with; null when media opened the path.</summary>
    internal KnownCredentials? Credentials { get; set; }

    internal PathQuestion Question { get; } = new();

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

    internal void Prove(long nowTicks, Random random)
    {
        (Proven, ProvenTicks) = (true, nowTicks);
        Question.Settle(nowTicks, random);
    }

    /// <summary>A proof is as old as the consent that it stands for; from then on the address counts as new.</summary>
    internal void Expire(long nowTicks, long timeoutTicks)
    {
        if (Proven && nowTicks - ProvenTicks >= timeoutTicks)
        {
            (Proven, received, sent) = (false, 0, 0);
        }
    }

    /// <summary>The peer comes back to an address whose consent ran out: nothing that was true of it holds any more.</summary>
    internal void Reopen(long nowTicks)
    {
        (Proven, Nominated, received, sent) = (false, false, 0, 0);
        ConsentTicks = LastHeardTicks = LastActiveTicks = nowTicks;
        Credentials = null;
        Question.Forget();
    }
}
