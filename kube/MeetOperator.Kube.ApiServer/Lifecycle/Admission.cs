using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Http;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Asks the policies; the first refusal's findings of all policies become one 422.</summary>
internal sealed class Admission(IReadOnlyList<IAdmissionPolicy> policies)
{
    public void Review(WriteRequest write, AdmissionOperation operation, JsonObject? root, JsonObject? old)
    {
        if (policies.Count == 0 || !write.Resource.IsCustom)
        {
            return;
        }

        var request = new AdmissionRequest
        {
            Operation = operation,
            Group = write.Resource.Group,
            Kind = write.Resource.Kind,
            Namespace = write.Namespace,
            Name = write.Name,
            Subresource = write.Subresource,
            Object = (JsonObject?)root?.DeepClone(),
            OldObject = (JsonObject?)old?.DeepClone(),
            UserName = write.UserName,
            DryRun = write.DryRun,
        };
        List<Cause>? causes = null;
        foreach (var policy in policies)
        {
            foreach (var error in policy.Review(request).Errors)
            {
                (causes ??= []).Add(new Cause("FieldValueInvalid", error.Field, $"Invalid value: {error.Message}"));
            }
        }

        if (causes is not null)
        {
            throw Refusal.Invalid(write.Resource, write.Name, causes);
        }
    }
}
