namespace MeetOperator.Kube.Client.Requests;

/// <summary>Options of a delete.</summary>
public sealed record DeleteOptions
{
    /// <summary>Delete only the object with this uid; another object with the same name causes a conflict.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this version.</summary>
    public string? ResourceVersion { get; init; }

    public PropagationPolicy? PropagationPolicy { get; init; }

    /// <summary>Overrides the grace period of the object; 0 deletes it immediately.</summary>
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

/// <summary>What happens to the dependents of a deleted object.</summary>
public enum PropagationPolicy
{
    /// <summary>Delete the object immediately, and its dependents afterward.</summary>
    Background,

    /// <summary>Delete the dependents first.</summary>
    Foreground,

    /// <summary>Keep the dependents.</summary>
    Orphan,
}
