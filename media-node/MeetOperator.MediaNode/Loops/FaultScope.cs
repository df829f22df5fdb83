namespace MeetOperator.MediaNode.Loops;

/// <summary>What an unexpected error on a loop ends.</summary>
internal enum FaultScope
{
    /// <summary>A datagram that belongs to no session.</summary>
    Datagram,
    Session,
    Room,

    /// <summary>A subscriber of <see cref="MediaLoop.Ticked"/> that let its error out; it is not called again.</summary>
    Timer,

    /// <summary>Work put off until the datagram, timer or command at hand was done with.</summary>
    Deferred,

    /// <summary>One turn of the loop itself.</summary>
    Turn,
}
