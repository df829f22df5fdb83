using System.Text.Json.Serialization;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Contracts.Connectivity;

/// <summary>
/// How participants may reach a media node: a way is denied when their tenant or the pool of the node denies it. Absent where nothing differs from the defaults. The media node enforces it.
/// </summary>
public sealed record ConnectivityRule
{
    internal const string RelayForcedAndDenied = "forceRelay lets participants connect through relays only, so turn must be Allowed: set turn to Allowed, or forceRelay to false";

    /// <summary>The CEL rule of <see cref="RelayForcedAndDenied"/>, for a record with the fields of this one.</summary>
    internal const string RelayForcedAndDeniedRule = "!has(self.forceRelay) || !self.forceRelay || !has(self.turn) || self.turn != 'Denied'";

    /// <summary>Participants reach the media node through a relay (TURN) of the installation only. Written by the operator.</summary>
    public bool ForceRelay { get; init; }

    /// <summary>Denied if participants may not reach the media node over TCP without a relay; otherwise absent. Written by the operator.</summary>
    [UnknownAsNull]
    public PathAccess? Tcp { get; init; }

    /// <summary>Denied if participants may not reach the media node through a relay (TURN); otherwise absent. Written by the operator.</summary>
    [UnknownAsNull]
    public PathAccess? Turn { get; init; }

    /// <summary>LastResort if participants may reach the media node on tunnels, through signaling, when no other way works; otherwise absent. Written by the operator.</summary>
    [UnknownAsNull]
    public TunnelAccess? Tunnel { get; init; }

    /// <summary>The rule of those who limit nothing.</summary>
    public static ConnectivityRule Unlimited { get; } = new() { Tunnel = TunnelAccess.LastResort };

    /// <summary>The rule of the defaults, which is absent in the status: every way but tunnels.</summary>
    public static ConnectivityRule Default { get; } = new();

    /// <summary>Whether it leaves no way to reach the media node but tunnels, which most browsers cannot use.</summary>
    [JsonIgnore]
    public bool AllowsNothing => ForceRelay && Turn == PathAccess.Denied;

    /// <summary>Whether participants may use tunnels.</summary>
    [JsonIgnore]
    public bool AllowsTunnels => Tunnel == TunnelAccess.LastResort;

    /// <summary>The rule of settings.</summary>
    public static ConnectivityRule Of(bool forceRelay, PathAccess tcp, PathAccess turn, TunnelAccess tunnel) =>
        new ConnectivityRule { ForceRelay = forceRelay, Tcp = tcp, Turn = turn, Tunnel = tunnel }.And(Unlimited);

    /// <summary>The strictest of both.</summary>
    public ConnectivityRule And(ConnectivityRule other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new ConnectivityRule
        {
            ForceRelay = ForceRelay || other.ForceRelay,
            Tcp = DeniedBy(Tcp, other.Tcp),
            Turn = DeniedBy(Turn, other.Turn),
            Tunnel = AllowsTunnels && other.AllowsTunnels ? TunnelAccess.LastResort : null,
        };
    }

    private static PathAccess? DeniedBy(PathAccess? left, PathAccess? right) => left == PathAccess.Denied || right == PathAccess.Denied ? PathAccess.Denied : null;
}
