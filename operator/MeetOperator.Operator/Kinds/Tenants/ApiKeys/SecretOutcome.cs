namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>The result of reading a Secret.</summary>
internal enum SecretOutcome
{
    Found,
    Missing,
    Forbidden,

    /// <summary>The API server did not respond properly; the values from earlier reads remain valid.</summary>
    Unknown,
}
