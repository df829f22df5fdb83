namespace MeetOperator.Rtc.Ice;

/// <summary>What came from an address of the peer.</summary>
internal enum PathSign
{
    /// <summary>A valid check that does not nominate.</summary>
    Check,

    /// <summary>A valid check with USE-CANDIDATE.</summary>
    Nomination,

    /// <summary>The end of the handshake, or media that is authentic and newer than all before it.</summary>
    Media,
}
