using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The path of a session on a tunnel: one connection, which the host has opened for this session. There are no checks: whatever arrives on the connection shows that the peer is there. Nothing is
/// accepted from any other address.
/// </summary>
internal sealed class TunnelAgent : IIceAgent
{
    public TransportAddress? Selected { get; private set; }

    public long LastConsentTicks { get; private set; } = long.MinValue;

    public PathRoundTrip? RoundTrip => null;

    public long Allowance => Selected is null ? 0 : long.MaxValue;

    public bool AllowsUnvalidatedMedia => false;

    public long NextTimeoutTicks => long.MaxValue;

    /// <summary>Uses a connection from now on, in place of an earlier one.</summary>
    public void Open(long nowTicks, in TransportAddress connection) => (Selected, LastConsentTicks) = (connection, nowTicks);

    public void SetRemote(IceCredentials credentials, TransportAddress? candidate)
    {
    }

    public void Restart(IceCredentials local)
    {
    }

    public bool IsValidated(in TransportAddress address) => Selected == address;

    public bool IsInUse(long nowTicks, in TransportAddress address) => Selected == address;

    public DropReason Handle(long nowTicks, in TransportAddress from, ReadOnlySpan<byte> datagram, OutgoingDatagrams outgoing, long? arrivalTicks = null) => DropReason.StunUnexpected;

    public bool TryAcceptDtls(long nowTicks, in TransportAddress from) => false;

    public void CountReceived(in TransportAddress from, int bytes)
    {
    }

    public void OnEstablished(long nowTicks, TransportAddress? confirmed)
    {
    }

    public bool OnMedia(long nowTicks, in TransportAddress from, int bytes, bool isNewest, OutgoingDatagrams outgoing)
    {
        LastConsentTicks = nowTicks;
        return false;
    }

    /// <summary>The peer may open another connection while its session waits.</summary>
    public void OnClosed(long nowTicks, in TransportAddress address)
    {
    }

    /// <summary>A tunnel is the only path of its session, which ends when the room denies it.</summary>
    public void ClosePaths(long nowTicks, Predicate<TransportAddress> isDenied)
    {
    }

    public bool TrySpend(int bytes) => Selected is not null;

    public void HandleTimeout(long nowTicks, OutgoingDatagrams outgoing)
    {
    }
}
