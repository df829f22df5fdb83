namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>The reason why some of a tenant's API keys are not in use, and what to do about it.</summary>
internal sealed record ApiKeyFailure(string Reason, string Message);
