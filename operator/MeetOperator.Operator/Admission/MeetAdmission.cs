using System.Text.Json;
using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Admission;

/// <summary>Admission of our kinds: every CEL rule's twin, for servers that do not run CEL. Pure; other objects are looked at by the reconcilers.</summary>
public sealed class MeetAdmission : IAdmissionPolicy
{
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
        try
        {
            var errors = validate(request.Object.Deserialize<T>(KubeJson.Options)!, request.OldObject?.Deserialize<T>(KubeJson.Options));
            return errors.Count == 0 ? AdmissionDecision.Allow : new AdmissionDecision(errors);
        }
        catch (JsonException broken)
        {
            // The schema should have refused it before; say where it breaks.
            return new AdmissionDecision([new FieldError(broken.Path?.TrimStart('$', '.') ?? string.Empty, broken.Message)]);
        }
    }
}
