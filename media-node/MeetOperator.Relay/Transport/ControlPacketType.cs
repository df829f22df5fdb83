namespace MeetOperator.Relay.Transport;

/// <summary>The control packets of a link: the subtype of an APP packet with the name "LINK" (docs/relay.md).</summary>
internal enum ControlPacketType : byte
{
    Segment = 0,
    Acknowledgement = 1,
    Ping = 2,
    Pong = 3,
    Bye = 4,
}
