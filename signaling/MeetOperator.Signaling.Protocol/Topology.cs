namespace MeetOperator.Signaling.Protocol;

/// <summary>The media path: through the SFU, or directly between the participants.</summary>
public enum Topology
{
    Sfu,
    P2p,
}
