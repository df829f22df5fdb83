using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Admission;

/// <summary>
/// Validates our kinds with a counterpart of every CEL rule, for servers that do not run CEL. Pure; the reconcilers check references to other objects.
/// </summary>
public sealed class MeetAdmission : IAdmissionPolicy
{
    /// <summary>Reports a null in a required field as an error, so that the validation rules never see one.</summary>
    private static readonly JsonSerializerOptions Strict = new(KubeJson.Options) { RespectNullableAnnotations = true };

    public AdmissionDecision Review(AdmissionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Group != MeetGroup.Name || request.Object is null || request.Subresource == "status")
        {
            return AdmissionDecision.Allow;
        }

        return request.Kind switch
        {
            "Meeting" => Validate<Meeting>(request, MeetingValidation.Validate),
            "SfuPool" => Validate<SfuPool>(request, SfuPoolValidation.Validate),
            "SfuNode" => Validate<SfuNode>(request, SfuNodeValidation.Validate),
            "Tenant" => Validate<Tenant>(request, TenantValidation.Validate),
            _ => AdmissionDecision.Allow,
        };
    }

    private static AdmissionDecision Validate<T>(AdmissionRequest request, Func<T, T?, IReadOnlyList<FieldError>> validate)
        where T : KubernetesObject
    {
        if (JsonNulls.FirstInList(request.Object!["spec"], "spec") is { } path)
        {
            return new AdmissionDecision([new FieldError(path, "must not be null: remove the entry")]);
        }

        try
        {
            var errors = validate(request.Object.Deserialize<T>(Strict)!, Stored<T>(request.OldObject));
            return errors.Count == 0 ? AdmissionDecision.Allow : new AdmissionDecision(errors);
        }
        catch (JsonException broken)
        {
            // The schema normally rejects this earlier. The path shows where parsing failed.
            return new AdmissionDecision([new FieldError(broken.Path?.TrimStart('$', '.') ?? string.Empty, broken.Message)]);
        }
    }

    /// <summary>Returns null when the stored object cannot be parsed, for example because an older version wrote it, so that a correction is not rejected.</summary>
    private static T? Stored<T>(JsonObject? old)
        where T : KubernetesObject
    {
        try
        {
            return old is null || JsonNulls.FirstInList(old["spec"], "spec") is not null ? null : old.Deserialize<T>(Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
