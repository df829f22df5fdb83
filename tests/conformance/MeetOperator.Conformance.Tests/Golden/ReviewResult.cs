namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>The decision of a reviewer about an object, with the field and message of each error; empty for accepted objects.</summary>
internal sealed record ReviewResult(bool Accepted, IReadOnlyList<(string Field, string Message)> Errors, string Response);
