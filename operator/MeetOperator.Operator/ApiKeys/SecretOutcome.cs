namespace MeetOperator.Operator.ApiKeys;

/// <summary>How reading a Secret went.</summary>
internal enum SecretOutcome
{
    Found,
    Missing,
    Forbidden,

    /// <summary>The API server did not answer as it should: what was read before still holds.</summary>
    Unknown,
}
