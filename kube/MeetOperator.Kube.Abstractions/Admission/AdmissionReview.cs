using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Admission;

/// <summary>
/// The input of an admission policy: the parts of an admission.k8s.io/v1 AdmissionRequest that policies need. Policies must not change the objects, which
/// may be the server's own trees. In those, every number is a <see cref="long"/> or a <see cref="double"/>; deserialize to get other types.
/// </summary>
public sealed record AdmissionRequest
{
    public required AdmissionOperation Operation { get; init; }
    public required string Group { get; init; }
    public required string Kind { get; init; }
    public string? Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>Empty, or the written subresource (status, scale).</summary>
    public string Subresource { get; init; } = string.Empty;

    /// <summary>The object to be stored; null on delete.</summary>
    public JsonObject? Object { get; init; }

    /// <summary>The currently stored object; null on create.</summary>
    public JsonObject? OldObject { get; init; }
    public string UserName { get; init; } = string.Empty;
    public bool DryRun { get; init; }
}

public enum AdmissionOperation
{
    Create,
    Update,
    Delete,
}

/// <summary>An error in one field. <see cref="Field"/> is a path such as <c>spec.schedule.endTime</c>.</summary>
public sealed record FieldError(string Field, string Message)
{
    public override string ToString() => $"{Field}: {Message}";
}

/// <summary>Allows the request if <see cref="Errors"/> is empty. Otherwise the request fails with 422 Invalid and one cause per error.</summary>
public sealed record AdmissionDecision(IReadOnlyList<FieldError> Errors)
{
    public static readonly AdmissionDecision Allow = new([]);

    public bool Allowed => Errors.Count == 0;

    /// <summary>Warnings for the caller of an allowed request. kubectl shows warnings of up to 120 characters in full.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Validates writes before they are stored. Implementations are pure or read an informer; they never block on the network.</summary>
public interface IAdmissionPolicy
{
    AdmissionDecision Review(AdmissionRequest request);
}
