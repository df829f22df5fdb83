namespace MeetOperator.Operator.Certificates;

/// <summary>Conditions for a rotation besides time and trust.</summary>
internal readonly record struct Rotation
{
    /// <summary>True when an immediate rotation was requested.</summary>
    public bool IsRequested { get; init; }

    /// <summary>True while certificates of the former authority are still in use.</summary>
    public bool IsFormerUsed { get; init; }

    /// <summary>How long peers that do not follow may delay the rotation; null means indefinitely.</summary>
    public TimeSpan? MaxWait { get; init; }

    /// <summary>How long a new authority is trusted before it signs; null means <see cref="AuthorityPlan.TrustDelay"/>.</summary>
    public TimeSpan? TrustDelay { get; init; }
}
