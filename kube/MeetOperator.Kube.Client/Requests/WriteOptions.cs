namespace MeetOperator.Kube.Client.Requests;

/// <summary>Options of a create, replace, or merge patch.</summary>
public sealed record WriteOptions
{
    public string? FieldManager { get; init; }

    /// <summary>For example "status" or "scale"; empty writes the object itself.</summary>
    public string Subresource { get; init; } = string.Empty;

    /// <summary>Validate and return the result, but store nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Options of a server-side apply.</summary>
public sealed record ApplyOptions
{
    /// <summary>The manager that owns the applied fields.</summary>
    public required string FieldManager { get; init; }

    /// <summary>Take over fields that another manager owns; otherwise they cause a conflict.</summary>
    public bool Force { get; init; }

    /// <summary>For example "status"; empty applies the object itself.</summary>
    public string Subresource { get; init; } = string.Empty;

    public bool DryRun { get; init; }
}
