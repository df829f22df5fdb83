using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Paths;

/// <summary>Decides which paths the sessions of a room may use. Pure.</summary>
internal static class PathRules
{
    /// <param name="rule">The rule of the room; null when it denies nothing.</param>
    /// <param name="relays">The relays of the installation. They forward over UDP only.</param>
    /// <param name="from">The address of the peer.</param>
    public static PathDenial Find(RoomConnectivity? rule, RelayTable relays, in TransportAddress from)
    {
        if (rule is null)
        {
            return PathDenial.None;
        }

        var isTcp = from.Connection != 0;
        if (rule.DenyTcp && isTcp)
        {
            return PathDenial.Tcp;
        }

        if (!rule.ForceRelay && !rule.DenyTurn)
        {
            return PathDenial.None;
        }

        var isRelayed = !isTcp && relays.Contains(from);
        return rule.ForceRelay && !isRelayed ? PathDenial.Direct : rule.DenyTurn && isRelayed ? PathDenial.Relay : PathDenial.None;
    }
}
