namespace MeetOperator.MediaNode.Loops;

/// <summary>Numbers of the sessions of one loop.</summary>
/// <param name="Connected">Sessions that are connected.</param>
/// <param name="OnTcp">Those that send over TCP.</param>
/// <param name="OnTunnel">Those that send on a tunnel.</param>
/// <param name="Silent">Those that have received nothing for a while.</param>
/// <param name="ByProfile">Sessions by SRTP profile.</param>
internal sealed record SessionCensus(int Connected, int OnTcp, int OnTunnel, int Silent, IReadOnlyDictionary<string, int> ByProfile)
{
    /// <summary>Counts the sessions, and adds the datagrams that they dropped to the totals.</summary>
    public static SessionCensus Take(IReadOnlyList<PeerSession> sessions, long nowTicks, DropTotals drops)
    {
        var profiles = new Dictionary<string, int>(StringComparer.Ordinal);
        var (connected, onTcp, onTunnel, silent) = (0, 0, 0, 0);
        foreach (var session in sessions)
        {
            connected += session.IsReady ? 1 : 0;
            onTunnel += session is { IsReady: true, Transport.IsTunnel: true } ? 1 : 0;
            onTcp += session is { IsReady: true, Transport: { IsTunnel: false, SelectedAddress.Connection: not 0 } } ? 1 : 0;
            silent += session.IsSilent(nowTicks) ? 1 : 0;
            drops.Add(session.Transport.Drops);
            if (session.Transport.Profile is { } profile)
            {
                profiles[profile.ToString()] = profiles.GetValueOrDefault(profile.ToString()) + 1;
            }
        }

        return new SessionCensus(connected, onTcp, onTunnel, silent, profiles);
    }
}
