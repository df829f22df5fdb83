namespace MeetOperator.Kube.ApiServer.Resources;

/// <summary>The served resources; replaced as a whole when a CRD changes, so readers need no lock.</summary>
internal sealed class ResourceRegistry
{
    private readonly Lock _lock = new();
    private Snapshot _current = new(BuiltInResources.All);

    /// <summary>All served resources: built-in ones first, then by group, version and plural.</summary>
    public IReadOnlyList<ResourceDefinition> All => _current.Resources;

    /// <summary>Counts changes; documents that are made from the registry are cached by it.</summary>
    public int Revision { get; private set; }

    public ResourceDefinition? Find(string group, string version, string plural) =>
        _current.ByPath.GetValueOrDefault((group, version, plural));

    public ResourceDefinition? FindKind(string apiVersion, string kind) => _current.ByKind.GetValueOrDefault((apiVersion, kind));

    /// <summary>Some served version of the resource behind a table.</summary>
    public ResourceDefinition? FindTable(string table) => _current.ByTable.GetValueOrDefault(table);

    /// <summary>Replaces all versions of the resource that a CRD defines; an empty list removes it.</summary>
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
                ByKind.TryAdd((resource.ApiVersion, resource.Kind), resource);
                ByTable.TryAdd(resource.Table, resource);
            }
        }

        public IReadOnlyList<ResourceDefinition> Resources { get; }
        public Dictionary<(string Group, string Version, string Plural), ResourceDefinition> ByPath { get; } = [];
        public Dictionary<(string ApiVersion, string Kind), ResourceDefinition> ByKind { get; } = [];
        public Dictionary<string, ResourceDefinition> ByTable { get; } = [];
    }
}
