using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Admission;

/// <summary>Admission of our kinds: every CEL rule's twin, for servers that do not run CEL. Pure; other objects are looked at by the reconcilers.</summary>
public sealed class MeetAdmission : IAdmissionPolicy
{
    /// <summary>A null where a value belongs is a finding, not a surprise for the rules.</summary>
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
            "Meeting" => Judge<Meeting>(request, MeetingValidation.Validate),
            "SfuPool" => Judge<SfuPool>(request, SfuPoolValidation.Validate),
            "SfuNode" => Judge<SfuNode>(request, SfuNodeValidation.Validate),
            "Tenant" => Judge<Tenant>(request, TenantValidation.Validate),
            _ => AdmissionDecision.Allow,
        };
    }

    private static AdmissionDecision Judge<T>(AdmissionRequest request, Func<T, T?, IReadOnlyList<FieldError>> validate)
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
            // The schema should have refused it before; say where it breaks.
            return new AdmissionDecision([new FieldError(broken.Path?.TrimStart('$', '.') ?? string.Empty, broken.Message)]);
        }
    }

    /// <summary>Null when what is stored cannot be read, for example because an older version wrote it: a repair must not be refused for it.</summary>
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
