using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Writes;

/// <summary>The parameters of a write, apart from its body.</summary>
internal sealed record WriteRequest
{
    public required ResourceDefinition Resource { get; init; }
    public string? Namespace { get; init; }
    public string Name { get; init; } = string.Empty;

    /// <summary>Empty or "status".</summary>
    public string Subresource { get; init; } = string.Empty;
    /// <summary>The subresource under which ownership is recorded, if it differs from the written one (scale).</summary>
    public string? OwnershipSubresource { get; init; }

    /// <summary>The object results from a patch, so its uid is not a precondition.</summary>
    public bool IsPatch { get; init; }
    public string FieldManager { get; init; } = "unknown";
    public FieldValidation FieldValidation { get; init; } = FieldValidation.Warn;
    public bool DryRun { get; init; }
    public string UserName { get; init; } = "admin";

    /// <summary>Fields that occur more than once in the body.</summary>
    public IReadOnlyList<string> DuplicateFields { get; init; } = [];

    /// <summary>Collects the Warning headers of the response.</summary>
    public List<string> Warnings { get; } = [];

    public Storage.ObjectKey Key => new(Resource.Table, Namespace, Name);
}

/// <summary>How unknown and duplicate fields are handled.</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}
