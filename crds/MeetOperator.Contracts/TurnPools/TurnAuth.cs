using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>Lifetime of credentials, and of the secrets with which they are made.</summary>
[CelRule("!has(self.overlapSeconds) || self.overlapSeconds >= self.credentialTtlSeconds", TurnPoolValidation.OverlapTooShort, FieldPath = ".overlapSeconds")]
[CelRule("!has(self.overlapSeconds) || self.overlapSeconds <= self.rotationHours * 50400", TurnPoolValidation.OverlapTooLong, FieldPath = ".overlapSeconds")]
public sealed record TurnAuth
{
    /// <summary>Lifetime of a credential, 60 to 86400. Participants get another one after half of it. Default 300; mutable.</summary>
    [Range(60, 86_400)]
    [Default("300")]
    public int CredentialTtlSeconds { get; init; } = 300;

    /// <summary>Time after which the secret is replaced, 1 to 8760. Default 24; mutable.</summary>
    [Range(1, 8_760)]
    [Default("24")]
    public int RotationHours { get; init; } = 24;

    /// <summary>How long relays accept a secret after it was replaced, 60 to 604800, and at most 14 times rotationHours. Default 3600; mutable.</summary>
    [Range(60, 604_800)]
    [Default("3600")]
    public int OverlapSeconds { get; init; } = 3600;
}
