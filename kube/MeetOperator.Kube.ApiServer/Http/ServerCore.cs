using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Definitions;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Lifecycle;
using MeetOperator.Kube.ApiServer.Patch;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.ApiServer.Storage;
using MeetOperator.Kube.ApiServer.Writes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Creates and connects the components of one server.</summary>
internal sealed class ServerCore : IAsyncDisposable
{
    private readonly GarbageCollector _collector;
    private readonly EventExpiry _expiry;

    public ServerCore(ApiServerOptions options)
    {
        Options = options;
        var loggers = options.LoggerFactory ?? NullLoggerFactory.Instance;
        Store = ObjectStore.Open(options.DataDirectory is { } directory ? Path.Combine(directory, "store") : null, options.WatchHistorySize, loggers.CreateLogger<ObjectStore>());
        Registry = new ResourceRegistry();
        var admission = new AdmissionChain(options.AdmissionPolicies);
        var kinds = new KindRules(Store);
        Writer = new ObjectWriter(Store, admission, kinds, options.TimeProvider);
        Deleter = new ObjectDeleter(Store, admission, options.TimeProvider);
        Patcher = new Patcher(Store, Writer, options.TimeProvider);
        Watches = new WatchEndpoint(Store, options);
        Reader = new ReadEndpoint(Store, Watches, options.TimeProvider);
        Scale = new ScaleEndpoint(this);
        PodLogs = new PodLogEndpoint(Store, options.PodLogs);
        Resources = new ResourceEndpoint(this);
        Documents = new DocumentEndpoint(Registry, Store);
        var installer = new CrdInstaller(Registry, Store);
        installer.LoadAll();
        _collector = new GarbageCollector(Store, Registry, Writer, Deleter, loggers.CreateLogger<GarbageCollector>());
        Store.Changed = change =>
        {
            installer.Handle(change);
            _collector.Handle(change);
        };
        _collector.Start();
        _expiry = new EventExpiry(Store, options.TimeProvider, loggers.CreateLogger<EventExpiry>());
        _expiry.Start();
    }

    public ApiServerOptions Options { get; }
    public ObjectStore Store { get; }
    public ResourceRegistry Registry { get; }
    public ObjectWriter Writer { get; }
    public ObjectDeleter Deleter { get; }
    public Patcher Patcher { get; }
    public ReadEndpoint Reader { get; }
    public WatchEndpoint Watches { get; }
    public ScaleEndpoint Scale { get; }
    public PodLogEndpoint PodLogs { get; }
    public ResourceEndpoint Resources { get; }
    public DocumentEndpoint Documents { get; }

    /// <summary>Creates the default namespaces and installs the CRDs from the options.</summary>
    public async Task PrepareAsync()
    {
        foreach (var name in (string[])["default", "kube-system"])
        {
            if (Store.Get(new ObjectKey("namespaces", null, name)) is null)
            {
                var write = new WriteRequest { Resource = BuiltInResources.Namespaces, Name = name, FieldManager = "apiserver" };
                await Writer.CreateAsync(write, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } });
            }
        }

        foreach (var manifest in Options.Manifests)
        {
            await InstallAsync(manifest);
        }
    }

    /// <summary>Creates or updates every CRD in the manifest.</summary>
    public async Task InstallAsync(string yaml)
    {
        foreach (var document in YamlToJson.Documents(yaml))
        {
            if (document is not JsonObject crd || crd.Text("kind") != "CustomResourceDefinition" || crd.Object("metadata").Text("name") is not { Length: > 0 } name)
            {
                throw new ArgumentException("the manifest must contain only CustomResourceDefinitions", nameof(yaml));
            }

            var write = new WriteRequest { Resource = BuiltInResources.CustomResourceDefinitions, Name = name, FieldManager = "apiserver" };
            try
            {
                if (Store.Get(write.Key) is null)
                {
                    await Writer.CreateAsync(write, crd);
                }
                else
                {
                    await Writer.UpdateAsync(write, _ => (JsonObject)crd.DeepClone());
                }
            }
            catch (StatusException error)
            {
                throw new ArgumentException(error.Message, nameof(yaml), error);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _expiry.DisposeAsync();
        await _collector.DisposeAsync();
        await Store.DisposeAsync();
    }
}
