using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>A relay that participants may use.</summary>
/// <param name="Name">Name of the Pod of the relay.</param>
/// <param name="Urls">Its URLs (RFC 7065), UDP first and TLS last.</param>
public sealed record TurnRelay([property: MaxLength(253)] string Name, [property: MaxItems(8)][property: MaxLength(300)] IReadOnlyList<string> Urls);
