using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>What a write needs to know beside its body.</summary>
internal sealed record WriteRequest
{
    public required ResourceDefinition Resource { get; init; }
    public string? Namespace { get; init; }
    public string Name { get; init; } = string.Empty;

    /// <summary>Empty, or status.</summary>
    public string Subresource { get; init; } = string.Empty;
    /// <summary>The subresource under which ownership is recorded, when it is not the one that is written (scale).</summary>
    public string? OwnedThrough { get; init; }

    /// <summary>The object comes of a patch, which makes no condition of its uid.</summary>
    public bool IsPatch { get; init; }
    public string FieldManager { get; init; } = "unknown";
    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;
    public bool DryRun { get; init; }
    public string UserName { get; init; } = "admin";

    /// <summary>Members named twice in the body.</summary>
    public IReadOnlyList<string> DuplicateFields { get; init; } = [];

    /// <summary>Warning headers of the response are collected here.</summary>
    public List<string> Warnings { get; } = [];

    public Storage.ObjectKey Key => new(Resource.Table, Namespace, Name);
}

/// <summary>What happens to members that the schema does not know.</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}
