using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Schema;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Definitions;

/// <summary>Updates the registry when stored CRDs change.</summary>
internal sealed class CrdInstaller(ResourceRegistry registry, ObjectStore store)
{
    public void LoadAll()
    {
        foreach (var crd in store.List(BuiltInResources.CustomResourceDefinitions.Table, ns: null).Objects)
        {
            var versions = CrdReader.Read(crd.Root);
            registry.Replace(crd.Key.Name, versions);
            ApplySchema(crd.Key.Name, versions);
        }
    }

    public void Handle(StoreEvent change)
    {
        if (change.Object.Key.Table != BuiltInResources.CustomResourceDefinitions.Table)
        {
            return;
        }

        var table = change.Object.Key.Name;
        var versions = change.Deleted ? [] : CrdReader.Read(change.Object.Root);
        registry.Replace(table, versions);
        if (!JsonNodes.AreEqual(change.Previous?.Root.Object("spec")?["versions"], change.Object.Root.Object("spec")?["versions"]))
        {
            ApplySchema(table, versions);
        }

        store.Hub.Close(table);
    }

    /// <summary>Prunes and defaults the objects in memory that were written under an earlier schema.</summary>
    private void ApplySchema(string table, List<ResourceDefinition> versions)
    {
        if (versions.FirstOrDefault(v => v.Version == v.StorageVersion) is { } stored)
        {
            store.Transform(table, root =>
            {
                Pruner.PruneObject(root, stored.Schema, unknown: null);
                Defaulter.Apply(root, stored.Schema);
            });
        }
    }
}
