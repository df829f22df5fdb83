using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Paths;

/// <summary>Tells the sessions of one room which paths they may use, by the room's rule and the relays that the media node knows. Safe for concurrent use.</summary>
/// <param name="relays">The relays.</param>
/// <param name="rule">The rule of the room; null for every way but tunnels.</param>
/// <param name="tenant">The tenant of the room.</param>
internal sealed class PathGuard(KnownRelays relays, RoomConnectivity? rule = null, string tenant = "")
{
    private volatile RoomConnectivity? _rule = rule;
    private volatile bool _hasAllowedTunnels = rule is { AllowTunnels: true };

    /// <summary>The rule of the room; null for every way but tunnels.</summary>
    public RoomConnectivity? Rule
    {
        get => _rule;
        set
        {
            _hasAllowedTunnels |= value is { AllowTunnels: true };
            _rule = value;
        }
    }

    /// <summary>The tenant of the room. A room whose tenant is not known is a tenant of its own.</summary>
    public string Tenant => tenant;

    /// <summary>Whether a session can have a path that the room denies.</summary>
    public bool MayDeny => _rule is not null || _hasAllowedTunnels;

    /// <summary>Whether clients may connect over TCP, so that they get candidates for it.</summary>
    public bool AllowsTcp => _rule is not ({ DenyTcp: true } or { ForceRelay: true });

    /// <summary>Whether sessions may use tunnels through signaling.</summary>
    public bool AllowsTunnels => _rule is { AllowTunnels: true };

    /// <summary>Why a session may not use a path; <see cref="PathDenial.None"/> if it may.</summary>
    public PathDenial Find(in TransportAddress from) => _rule is { } limited ? PathRules.Find(limited, relays.Table, from) : PathDenial.None;
}
