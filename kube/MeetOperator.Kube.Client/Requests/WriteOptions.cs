namespace MeetOperator.Kube.Client;

/// <summary>How to create, replace or merge-patch.</summary>
public sealed record WriteOptions
{
    public string? FieldManager { get; init; }

    /// <summary>For example "status" or "scale"; empty writes the object itself.</summary>
    public string Subresource { get; init; } = string.Empty;

    /// <summary>Validate and answer, but store nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>How to apply (server-side apply).</summary>
public sealed record ApplyOptions
{
    /// <summary>Who owns the applied fields.</summary>
    public required string FieldManager { get; init; }

    /// <summary>Take fields that another manager owns; without it that is a conflict.</summary>
    public bool Force { get; init; }

    /// <summary>For example "status"; empty applies the object itself.</summary>
    public string Subresource { get; init; } = string.Empty;

    public bool DryRun { get; init; }
}
