namespace MeetOperator.Kube.Client;

/// <summary>How to delete.</summary>
public sealed record DeleteOptions
{
    /// <summary>Delete only this very object; another one of the same name is a conflict.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this version.</summary>
    public string? ResourceVersion { get; init; }

    public PropagationPolicy? PropagationPolicy { get; init; }

    /// <summary>Overrides the object's own grace period; 0 deletes at once.</summary>
    public int? GracePeriodSeconds { get; init; }

    internal object ToBody() => new
    {
        apiVersion = "v1",
        kind = "DeleteOptions",
        gracePeriodSeconds = GracePeriodSeconds,
        propagationPolicy = PropagationPolicy,
        preconditions = Uid is null && ResourceVersion is null ? null : new { uid = Uid, resourceVersion = ResourceVersion },
    };
}

/// <summary>What happens to dependents.</summary>
public enum PropagationPolicy
{
    /// <summary>The object goes at once, dependents after it.</summary>
    Background,

    /// <summary>Dependents go first.</summary>
    Foreground,

    /// <summary>Dependents stay.</summary>
    Orphan,
}
