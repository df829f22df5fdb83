using System.Text.Json.Nodes;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Runs the admission policies. Their errors become the causes of one 422.</summary>
internal sealed class AdmissionChain(IReadOnlyList<IAdmissionPolicy> policies)
{
    public void Review(WriteRequest write, AdmissionOperation operation, JsonObject? root, JsonObject? old)
    {
        if (FindCauses(write, operation, root, old) is { Count: > 0 } causes)
        {
            throw StatusErrors.Invalid(write.Resource, write.Name, causes);
        }
    }

    public List<Cause> FindCauses(WriteRequest write, AdmissionOperation operation, JsonObject? root, JsonObject? old)
    {
        if (policies.Count == 0 || !write.Resource.IsCustom)
        {
            return [];
        }

        var request = new AdmissionRequest
        {
            Operation = operation,
            Group = write.Resource.Group,
            Kind = write.Resource.Kind,
            Namespace = write.Namespace,
            Name = write.Name,
            Subresource = write.Subresource,
            Object = root,
            OldObject = old,
            UserName = write.UserName,
            DryRun = write.DryRun,
        };
        return [.. policies.SelectMany(policy => policy.Review(request).Errors).Select(error => new Cause("FieldValueInvalid", error.Field, $"Invalid value: {error.Message}"))];
    }
}
