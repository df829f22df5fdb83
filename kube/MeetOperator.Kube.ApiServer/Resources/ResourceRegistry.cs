namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>The served resources. A CRD change replaces the whole snapshot, so readers need no lock.</summary>
internal sealed class ResourceRegistry
{
    private readonly Lock _lock = new();
    private Snapshot _current = new(BuiltInResources.All);

    /// <summary>All served resources: built-in ones first, then custom resources by group, version, and plural.</summary>
    public IReadOnlyList<ResourceDefinition> All => _current.Resources;

    /// <summary>Increases with every change; cache key for documents that are built from the registry.</summary>
    public int Revision { get; private set; }

    public ResourceDefinition? Find(string group, string version, string plural) =>
        _current.ByPath.GetValueOrDefault((group, version, plural));

    /// <summary>Any served version of the resource with this table.</summary>
    public ResourceDefinition? FindTable(string table) => _current.ByTable.GetValueOrDefault(table);

    /// <summary>Replaces all versions of a custom resource. An empty list removes it.</summary>
    public void Replace(string table, IReadOnlyList<ResourceDefinition> versions)
    {
        lock (_lock)
        {
            var custom = _current.Resources.Where(r => r.IsCustom && r.Table != table).Concat(versions)
                .OrderBy(r => r.Group, StringComparer.Ordinal).ThenBy(r => r.Version, StringComparer.Ordinal).ThenBy(r => r.Plural, StringComparer.Ordinal);
            Volatile.Write(ref _current, new Snapshot([.. BuiltInResources.All, .. custom]));
            Revision++;
        }
    }

    private sealed class Snapshot
    {
        public Snapshot(IReadOnlyList<ResourceDefinition> resources)
        {
            Resources = resources;
            foreach (var resource in resources)
            {
                ByPath[(resource.Group, resource.Version, resource.Plural)] = resource;
                ByTable.TryAdd(resource.Table, resource);
            }
        }

        public IReadOnlyList<ResourceDefinition> Resources { get; }
        public Dictionary<(string Group, string Version, string Plural), ResourceDefinition> ByPath { get; } = [];
        public Dictionary<string, ResourceDefinition> ByTable { get; } = [];
    }
}
