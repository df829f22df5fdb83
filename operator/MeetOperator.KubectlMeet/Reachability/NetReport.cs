namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>What <c>net check</c> found.</summary>
/// <param name="From">The machine or Pod that asked.</param>
/// <param name="SeenAs">The addresses that the others saw: those of a NAT, if there is one.</param>
/// <param name="Checks">One for each address and port.</param>
/// <param name="FromInside">The condition ExposureReady of each pool, which the operator measures inside the cluster.</param>
/// <param name="NothingToCheck">Pools in which nothing serves.</param>
/// <param name="Ok">Whether all that could be measured from here answers, and something of every pool could.</param>
internal sealed record NetReport(string From, IReadOnlyList<string> SeenAs, IReadOnlyList<NetCheck> Checks, IReadOnlyList<InsideCheck> FromInside, IReadOnlyList<string> NothingToCheck, bool Ok);

/// <summary>One exchange.</summary>
/// <param name="Pool">The pool, as <c>namespace/name</c>.</param>
/// <param name="Member">The media node, or "relays".</param>
/// <param name="Address">Address and port.</param>
/// <param name="Protocol">udp, tcp or tls.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Milliseconds">The round trip; null without a response.</param>
/// <param name="Fix">What to do; null if nothing.</param>
internal sealed record NetCheck(string Pool, string Member, string Address, string Protocol, NetOutcome Result, double? Milliseconds, string? Fix);

/// <summary>What the operator measured.</summary>
internal sealed record InsideCheck(string Pool, string Status, string Reason, string Message);

/// <summary>How an exchange ended.</summary>
internal enum NetOutcome
{
    Answered,
    NoAnswer,
    Refused,
    TlsFailed,

    /// <summary>This machine has no route to addresses of this family.</summary>
    NoRoute,

    /// <summary>Nothing answered, and media nodes of this pool have a version that never does: the port may be open or closed.</summary>
    NotSupported,
}
