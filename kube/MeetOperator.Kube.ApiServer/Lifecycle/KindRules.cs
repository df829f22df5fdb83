using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Definitions;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>Rules of individual kinds beyond the general ones.</summary>
internal sealed class KindRules(ObjectStore store)
{
    /// <summary>Throws if the namespace of a new object does not exist or is terminating.</summary>
    public void CheckNamespace(WriteRequest write)
    {
        if (write.Namespace is null)
        {
            return;
        }

        var found = store.Get(new ObjectKey("namespaces", null, write.Namespace)) ?? throw StatusErrors.NotFound(BuiltInResources.Namespaces, write.Namespace);
        if (found.IsTerminating)
        {
            throw StatusErrors.Forbidden(write.Resource, write.Name, $"unable to create new content in namespace {write.Namespace} because it is being terminated");
        }
    }

    /// <summary>Throws if the CustomResourceDefinition of a new object is terminating.</summary>
    public void CheckDefinition(WriteRequest write)
    {
        if (write.Resource.IsCustom && store.Get(new ObjectKey(BuiltInResources.CustomResourceDefinitions.Table, null, write.Resource.Table)) is { IsTerminating: true })
        {
            throw StatusErrors.Forbidden(write.Resource, write.Name, "create not allowed while custom resource definition is terminating");
        }
    }

    public void PrepareCreate(WriteRequest write, JsonObject root)
    {
        switch (write.Resource.Table)
        {
            case "namespaces":
                root.Ensure("metadata").Ensure("labels")["kubernetes.io/metadata.name"] = write.Name;
                root["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                root["status"] = new JsonObject { ["phase"] = "Active" };
                break;
            case "pods":
                PodDefaults.Apply(root);
                root["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
                break;
            case "secrets":
                SecretRules.Prepare(write, root);
                break;
            case "customresourcedefinitions.apiextensions.k8s.io":
                CrdReader.Prepare(write, root);
                break;
        }
    }

    public static void PrepareUpdate(WriteRequest write, JsonObject root)
    {
        switch (write.Resource.Table)
        {
            case "secrets":
                SecretRules.Prepare(write, root);
                break;
            case "pods" when write.Subresource.Length == 0:
                PodDefaults.Apply(root);
                break;
            case "customresourcedefinitions.apiextensions.k8s.io" when write.Subresource.Length == 0:
                CrdReader.Prepare(write, root);
                break;
        }
    }
}
