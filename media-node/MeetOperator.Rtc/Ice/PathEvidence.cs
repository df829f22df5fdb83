namespace MeetOperator.Rtc.Ice;

/// <summary>The kinds of datagrams from an address of the peer, from weak to strong evidence that the peer uses it.</summary>
internal enum PathEvidence
{
    /// <summary>A valid check without USE-CANDIDATE.</summary>
    Check,

    /// <summary>A valid check with USE-CANDIDATE.</summary>
    Nomination,

    /// <summary>The end of the handshake, or authentic media that is the newest of its stream.</summary>
    Media,
}
