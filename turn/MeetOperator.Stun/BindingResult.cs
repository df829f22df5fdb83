using System.Net;

namespace MeetOperator.Stun;

/// <summary>The result of a binding exchange.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="RoundTrip">Time from the last request to the response; zero without one. Over TCP, without the time of the connection.</param>
/// <param name="Mapped">The address that the other end saw; null if it did not say.</param>
/// <param name="Detail">What the system reported; null for nothing.</param>
public sealed record BindingResult(BindingOutcome Outcome, TimeSpan RoundTrip = default, IPEndPoint? Mapped = null, string? Detail = null);
