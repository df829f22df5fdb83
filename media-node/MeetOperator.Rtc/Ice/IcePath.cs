using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Ice;

/// <summary>One address of the peer: its state and the number of bytes that may be sent to it.</summary>
internal sealed class IcePath(TransportAddress address, long nowTicks)
{
    /// <summary>The limit that QUIC uses before address validation (RFC 9000 §8.1).</summary>
    private const long AmplificationFactor = 3;

    private long _received;
    private long _sent;

    internal TransportAddress Address { get; } = address;

    /// <summary>PRIORITY of the latest check (RFC 8445 §7.1.1). The media node has one candidate, so this value orders the pairs.</summary>
    internal uint Priority { get; set; }

    internal bool IsNominated { get; set; }

    /// <summary>
    /// Whether the peer has shown within the last 30 s that it receives at this address: it responded to a local check, or completed a DTLS
    /// handshake whose datagrams went only to this address. Authentic packets from an address do not confirm it, because a sender can spoof its
    /// source address.
    /// </summary>
    internal bool IsConfirmed { get; private set; }

    internal long ConfirmedTicks { get; private set; }

    /// <summary>The time of the last consent (RFC 7675): the latest check or response, or the first packet when media created the path.</summary>
    internal long ConsentTicks { get; set; } = nowTicks;

    /// <summary>The time of the last authentic datagram from this address.</summary>
    internal long LastReceivedTicks { get; set; } = nowTicks;

    /// <summary>
    /// The time of the last media, report or nomination, which a peer sends from the address where it expects media. Other checks only keep spare
    /// pairs alive.
    /// </summary>
    internal long LastActiveTicks { get; set; } = nowTicks;

    /// <summary>The credentials of the peer's last check from this address; null when media created the path.</summary>
    internal CredentialPair? Credentials { get; set; }

    internal PathCheck OwnCheck { get; } = new();

    /// <summary>What the last check measured; null before the first one.</summary>
    internal PathRoundTrip? RoundTrip { get; set; }

    /// <summary>The number of bytes that may still be sent.</summary>
    internal long Allowance => IsConfirmed ? long.MaxValue : IsClosed ? 0 : (AmplificationFactor * _received) - _sent;

    /// <summary>Whether the path was a TCP connection that has ended.</summary>
    internal bool IsClosed { get; private set; }

    internal void CountReceived(int bytes) => _received += bytes;

    internal void CountSent(int bytes) => _sent += bytes;

    internal bool TrySpend(int bytes)
    {
        if (IsConfirmed)
        {
            return true;
        }

        if (Allowance < bytes)
        {
            return false;
        }

        _sent += bytes;
        return true;
    }

    internal void Confirm(long nowTicks, Random random)
    {
        (IsConfirmed, ConfirmedTicks) = (true, nowTicks);
        OwnCheck.Complete(nowTicks, random);
    }

    /// <summary>The TCP connection has ended. Nothing more is sent, and any other path is better.</summary>
    internal void Close() => (IsClosed, IsConfirmed, IsNominated) = (true, false, false);

    /// <summary>Ends the confirmation after the consent timeout. The address is then limited like a new one.</summary>
    internal void Expire(long nowTicks, long timeoutTicks)
    {
        if (IsConfirmed && nowTicks - ConfirmedTicks >= timeoutTicks)
        {
            (IsConfirmed, _received, _sent) = (false, 0, 0);
        }
    }

    /// <summary>Resets the path because the peer uses the address again after its consent expired.</summary>
    internal void Reopen(long nowTicks)
    {
        (IsConfirmed, IsNominated, _received, _sent) = (false, false, 0, 0);
        ConsentTicks = LastReceivedTicks = LastActiveTicks = nowTicks;
        Credentials = null;
        OwnCheck.Reset();
    }
}
