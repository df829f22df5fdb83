namespace MeetOperator.Signaling.Protocol;

/// <summary>Why a participant's media takes no better path, as its client knows it.</summary>
public enum PathReason
{
    /// <summary>Checks over UDP got no response.</summary>
    UdpUnanswered,

    /// <summary>The browser has no candidate over UDP.</summary>
    UdpNotGathered,

    /// <summary>Checks got no response on any path without a relay.</summary>
    DirectUnanswered,
}
