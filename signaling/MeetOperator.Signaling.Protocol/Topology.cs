namespace MeetOperator.Signaling.Protocol;

/// <summary>How media travels now: straight between the participants, or through the SFU.</summary>
public enum Topology
{
    Sfu,
    P2p,
}
