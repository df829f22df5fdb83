namespace MeetOperator.Contracts.TurnPools;

/// <summary>A relay that takes participants.</summary>
/// <param name="Name">Name of its Pod.</param>
/// <param name="Urls">Its URLs (RFC 7065), UDP first.</param>
public sealed record TurnRelay(string Name, IReadOnlyList<string> Urls);
