using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Paths;

/// <summary>Tells the sessions of one room which paths they may use, by the room's rule and the relays that the media node knows. Safe for concurrent use.</summary>
internal sealed class PathGuard(KnownRelays relays, RoomConnectivity? rule = null)
{
    private volatile RoomConnectivity? _rule = rule;

    /// <summary>The rule of the room; null when it denies nothing.</summary>
    public RoomConnectivity? Rule
    {
        get => _rule;
        set => _rule = value;
    }

    /// <summary>Whether clients may connect over TCP, so that they get candidates for it.</summary>
    public bool AllowsTcp => _rule is not ({ DenyTcp: true } or { ForceRelay: true });

    /// <summary>Why a session may not use a path; <see cref="PathDenial.None"/> if it may.</summary>
    public PathDenial Find(in TransportAddress from) => _rule is { } limited ? PathRules.Find(limited, relays.Table, from) : PathDenial.None;
}
