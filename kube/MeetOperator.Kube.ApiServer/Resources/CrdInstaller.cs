using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>Keeps the registry in step with the stored CRDs.</summary>
internal sealed class CrdInstaller(ResourceRegistry registry, WatchHub hub)
{
    public void LoadAll(ObjectStore store)
    {
        foreach (var crd in store.List(BuiltInResources.CustomResourceDefinitions.Table, ns: null).Objects)
        {
            registry.Replace(crd.Key.Name, CrdReader.Read(crd.Root));
        }
    }

    public void Handle(StoreEvent change)
    {
        if (change.Object.Key.Table != BuiltInResources.CustomResourceDefinitions.Table)
        {
            return;
        }

        var table = change.Object.Key.Name;
        registry.Replace(table, change.Deleted ? [] : CrdReader.Read(change.Object.Root));
        hub.Close(table);
    }
}
