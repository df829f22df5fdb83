using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Schema;
using MeetOperator.KubectlMeet.Arguments;

namespace MeetOperator.KubectlMeet.Reading;

/// <summary>
/// The connection of one command. Lists are read in all namespaces; where that is forbidden, in the namespace of the context. What is not readable is recorded and is no error.
/// </summary>
internal sealed class ClusterReader : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);
    private readonly string? _givenNamespace;
    private readonly bool _requireAll;
    private readonly bool _readsAll;

    private ClusterReader(KubeClient client, string? givenNamespace, bool requireAll, bool readsAll)
    {
        Client = client;
        _givenNamespace = givenNamespace;
        _requireAll = requireAll;
        _readsAll = readsAll;
    }

    public KubeClient Client { get; }

    /// <summary>The namespace that names without one belong to first.</summary>
    public string Namespace => _givenNamespace ?? Client.Config.Namespace;

    /// <summary>The only namespace to read; null for all.</summary>
    private string? OnlyNamespace => _readsAll ? null : _givenNamespace;

    /// <summary>Reads the kubeconfig. Sends nothing.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="readsAll">
    /// True for a command about one object. It reads all namespaces, because the object depends on others, and --namespace only says where the object is.
    /// </param>
    /// <param name="timeout">Time limit of each request; null for the default.</param>
    /// <exception cref="KubeConfigException">There is no kubeconfig, or it is malformed.</exception>
    public static ClusterReader Open(CommandLine line, bool readsAll = false, TimeSpan? timeout = null)
    {
        if (line.Has(GlobalOptions.Namespace) && line.Has(GlobalOptions.AllNamespaces))
        {
            throw new UsageException("--namespace and --all-namespaces exclude each other");
        }

        var context = line.Value(GlobalOptions.Context);
        var config = line.Value(GlobalOptions.Kubeconfig) is { } file ? KubeConfig.FromFile(file, context) : KubeConfig.Load(context);
        var options = new KubeClientOptions { UserAgent = "kubectl-meet", FieldManager = "kubectl-meet", RequestTimeout = timeout ?? RequestTimeout };
        return new ClusterReader(new KubeClient(config, options), line.Value(GlobalOptions.Namespace), line.Has(GlobalOptions.AllNamespaces), readsAll);
    }

    /// <summary>The name with the namespace that was given with --namespace, if it has none itself.</summary>
    public string Qualify(string name) => _givenNamespace is null || name.Contains('/', StringComparison.Ordinal) ? name : $"{_givenNamespace}/{name}";

    /// <summary>Reads all objects of the product, each kind at the same time.</summary>
    /// <exception cref="MissingObjectException">The cluster has no CRDs of the product, or nothing is readable.</exception>
    public async Task<Inventory> ReadAsync(CancellationToken ct)
    {
        var (tenants, pools, nodes, meetings) = (ListAsync<Tenant>(ct), ListAsync<SfuPool>(ct), ListAsync<SfuNode>(ct), ListAsync<Meeting>(ct));
        await Task.WhenAll(tenants, pools, nodes, meetings).ConfigureAwait(false);
        var (tenant, pool, node, meeting) = (await tenants.ConfigureAwait(false), await pools.ConfigureAwait(false), await nodes.ConfigureAwait(false), await meetings.ConfigureAwait(false));
        string[] notReadable = [.. tenant.NotReadable, .. pool.NotReadable, .. node.NotReadable, .. meeting.NotReadable];
        if (!pool.IsReadable && !node.IsReadable && !meeting.IsReadable)
        {
            throw new MissingObjectException($"you may not read any object of MeetOperator in namespace {Namespace}: ask for a RoleBinding to the ClusterRole 'view', or choose another namespace with --namespace");
        }

        return new Inventory
        {
            Tenants = tenant.Items,
            Pools = pool.Items,
            Nodes = node.Items,
            Meetings = meeting.Items,
            NotReadable = notReadable,
            HasTenants = tenant.IsReadable,
            HasPools = pool.IsReadable,
            HasAllNamespaces = pool.IsComplete && node.IsComplete && meeting.IsComplete,
        };
    }

    /// <summary>Finds the object that a name means (<see cref="Lookup"/>). Reads the others of its kind only when the name is unknown.</summary>
    /// <returns>The object, and what could not be read.</returns>
    /// <exception cref="MissingObjectException">There is no such object, or several.</exception>
    public async Task<(T Item, IReadOnlyList<string> NotReadable)> FindAsync<T>(string name, CancellationToken ct)
        where T : KubernetesObject
    {
        name = Qualify(name);
        var plain = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var list = IsObjectName(plain) ? await ListAsync<T>(ct, fieldSelector: $"metadata.name={plain}").ConfigureAwait(false) : null;
        if (list is not { Items: [_, ..] })
        {
            list = await ListAsync<T>(ct).ConfigureAwait(false); // A meeting's ID, or a name that needs a suggestion.
        }

        return (Lookup.Find(list.Items, name, Namespace, list.NotReadable), list.NotReadable);
    }

    /// <summary>Reads one kind as far as it is allowed.</summary>
    public async Task<Listing<T>> ListAsync<T>(CancellationToken ct, string? fieldSelector = null, string? labelSelector = null)
        where T : KubernetesObject
    {
        var entity = KubernetesEntityAttribute.Of(typeof(T));
        var unreadable = new List<string>();
        var options = new ListOptions
        {
            FieldSelector = fieldSelector,
            LabelSelector = labelSelector,
            OnUnreadable = item => unreadable.Add($"{entity.Kind} {item.Key} was written by another version of MeetOperator and is left out"),
        };
        try
        {
            var space = entity.Scope == EntityScope.Cluster ? null : OnlyNamespace;
            var list = await Client.ListAllAsync<T>(space, options, ct).ConfigureAwait(false);
            return new Listing<T>(list.Items.AsReadOnly(), unreadable, IsReadable: true, IsComplete: space is null);
        }
        catch (KubeApiException e) when (e.IsForbidden && !_requireAll)
        {
            return entity.Scope == EntityScope.Cluster ? new Listing<T>([], [$"{entity.Plural} are not readable (they belong to no namespace)"], IsReadable: false, IsComplete: false)
                : OnlyNamespace is { } only ? new Listing<T>([], [$"{entity.Plural} in namespace {only} are not readable"], IsReadable: false, IsComplete: false)
                : await ListOwnAsync<T>(entity, options, unreadable, ct).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            throw new MissingObjectException($"the cluster has no resource {entity.Plural} of {entity.ApiVersion}: MeetOperator is not installed there, or the context is wrong");
        }
    }

    public void Dispose() => Client.Dispose();

    /// <summary>Whether the text cannot change the meaning of a selector.</summary>
    private static bool IsObjectName(string text) => text.Length > 0 && text.All(static each => char.IsAsciiLetterOrDigit(each) || each is '-' or '.');

    private async Task<Listing<T>> ListOwnAsync<T>(KubernetesEntityAttribute entity, ListOptions options, List<string> unreadable, CancellationToken ct)
        where T : KubernetesObject
    {
        try
        {
            var list = await Client.ListAllAsync<T>(Namespace, options, ct).ConfigureAwait(false);
            return new Listing<T>(list.Items.AsReadOnly(), [.. unreadable, $"{entity.Plural} are readable in namespace {Namespace} only"], IsReadable: true, IsComplete: false);
        }
        catch (KubeApiException e) when (e.IsForbidden)
        {
            return new Listing<T>([], [$"{entity.Plural} are not readable, also not in namespace {Namespace}"], IsReadable: false, IsComplete: false);
        }
    }
}
