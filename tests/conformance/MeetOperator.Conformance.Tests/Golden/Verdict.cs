namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>What a judge says of an object: nothing when it is taken, else each finding's field and message.</summary>
internal sealed record Verdict(bool Taken, IReadOnlyList<(string Field, string Message)> Findings, string Answer);
