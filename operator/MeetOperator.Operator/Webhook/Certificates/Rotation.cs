namespace MeetOperator.Operator.Webhook.Certificates;

/// <summary>What bears on a rotation besides time and trust.</summary>
internal readonly record struct Rotation
{
    /// <summary>Somebody asks for one before it is due.</summary>
    public bool IsAsked { get; init; }

    /// <summary>Certificates of the former authority are still in use.</summary>
    public bool IsFormerUsed { get; init; }

    /// <summary>How long those who do not follow may hold it up; null: for ever.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>How long a new authority is trusted before it signs; null: <see cref="AuthorityPlan.Settle"/>.</summary>
    public TimeSpan? Settle { get; init; }
}
