namespace MeetOperator.Operator.ApiKeys;

/// <summary>What came of reading one Secret with API keys.</summary>
/// <param name="Outcome">How it went.</param>
/// <param name="Entries">The Secret's entries; empty unless it was found.</param>
internal sealed record SecretReading(SecretOutcome Outcome, IReadOnlyDictionary<string, byte[]> Entries)
{
    private static readonly Dictionary<string, byte[]> None = [];

    public static SecretReading Without(SecretOutcome outcome) => new(outcome, None);
}
