using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Kinds.Registration;

namespace MeetOperator.Operator.Admission;

/// <summary>
/// Validates our kinds with a counterpart of every CEL rule, for servers that do not run CEL. Pure; the reconcilers check references to other objects.
/// </summary>
public sealed class MeetAdmission : IAdmissionPolicy
{
    private static readonly Dictionary<string, IKind> Kinds = MeetKinds.All.ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    public AdmissionDecision Review(AdmissionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Group == MeetGroup.Name && request.Object is not null && request.Subresource != "status" && Kinds.TryGetValue(request.Kind, out var kind) && HasNewSpec(request)
            ? kind.Validate(request)
            : AdmissionDecision.Allow;
    }

    /// <summary>
    /// Whether the write sets the spec. An object whose stored spec breaks a newer rule can still get labels and lose finalizers, as with the
    /// matchConditions of the webhook.
    /// </summary>
    internal static bool HasNewSpec(AdmissionRequest request) => request.OldObject is null || !JsonNode.DeepEquals(request.Object!["spec"], request.OldObject["spec"]);
}
