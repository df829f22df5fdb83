namespace MeetOperator.Relay.Messages;

/// <summary>The first byte of a message of a link (docs/relay.md).</summary>
public enum LinkMessageType : byte
{
    TrackAdded = 1,
    TrackRemoved = 2,
    TrackMuted = 3,
    TrackLayers = 4,
    Demand = 5,
    Heard = 6,
    Bye = 7,
}
