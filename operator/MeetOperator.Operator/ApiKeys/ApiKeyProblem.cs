namespace MeetOperator.Operator.ApiKeys;

/// <summary>Why not all API keys of a tenant are in use, in words that say what to do.</summary>
internal sealed record ApiKeyProblem(string Reason, string Message);
