using System.Text.Json.Nodes;

namespace MeetOperator.Kube;

/// <summary>What is asked of an admission policy: the shape of admission.k8s.io/v1 AdmissionRequest that policies need.</summary>
public sealed record AdmissionRequest
{
    public required AdmissionOperation Operation { get; init; }
    public required string Group { get; init; }
    public required string Kind { get; init; }
    public string? Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>Empty, or the subresource that is written (status, scale).</summary>
    public string Subresource { get; init; } = string.Empty;

    /// <summary>The object as it would be stored; null on delete.</summary>
    public JsonObject? Object { get; init; }

    /// <summary>The object as it is stored; null on create.</summary>
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

/// <summary>One finding about one field; <see cref="Field"/> is a path such as <c>spec.schedule.endTime</c>.</summary>
public sealed record FieldError(string Field, string Message)
{
    public override string ToString() => $"{Field}: {Message}";
}

/// <summary>Allows when <see cref="Errors"/> is empty; otherwise the request is refused with 422 Invalid and one cause an error.</summary>
public sealed record AdmissionDecision(IReadOnlyList<FieldError> Errors)
{
    public static readonly AdmissionDecision Allow = new([]);

    public bool Allowed => Errors.Count == 0;

    /// <summary>What the caller should know although nothing is refused; each under 120 characters is shown in full by kubectl.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>Judges writes before they are stored. Implementations are pure or read an informer; they never block on the network.</summary>
public interface IAdmissionPolicy
{
    AdmissionDecision Review(AdmissionRequest request);
}
