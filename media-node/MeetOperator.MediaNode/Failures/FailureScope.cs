using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Failures;

/// <summary>What an unexpected error on a loop ends. The names are label values of the metric meet_loop_failures_total.</summary>
internal enum FailureScope
{
    /// <summary>A datagram that belongs to no session.</summary>
    Datagram,
    Session,

    /// <summary>A TCP connection that its session was to get.</summary>
    Connection,

    /// <summary>A link to another media node.</summary>
    Link,

    /// <summary>A participant without sessions, which is removed from its room.</summary>
    Participant,
    Room,

    /// <summary>A subscriber of <see cref="MediaLoop.Ticked"/> that threw. It is removed.</summary>
    Timer,

    /// <summary>One action that was queued with <see cref="MediaLoop.Defer"/>.</summary>
    Deferred,

    /// <summary>One iteration of the loop.</summary>
    Iteration,
}
