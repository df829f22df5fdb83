namespace MeetOperator.Operator.Kinds.Tenants.ApiKeys;

/// <summary>The result of reading one Secret with API keys.</summary>
/// <param name="Outcome">Whether the Secret could be read.</param>
/// <param name="Entries">Entries of the Secret; empty unless it was found.</param>
internal sealed record SecretReading(SecretOutcome Outcome, IReadOnlyDictionary<string, byte[]> Entries)
{
    private static readonly Dictionary<string, byte[]> None = [];

    public static SecretReading Failed(SecretOutcome outcome) => new(outcome, None);
}
