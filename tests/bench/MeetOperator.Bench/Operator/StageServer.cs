using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Testing;
using MeetOperator.Operator.Admission;
using MeetOperator.Testing;

namespace MeetOperator.Bench.Operator;

/// <summary>The API server of the bench: the embedded one with storage on disk, or the one of KUBECONFIG.</summary>
internal sealed class StageServer : IAsyncDisposable
{
    private readonly TestApiServer? _embedded;
    private readonly DirectoryInfo? _data;

    private StageServer(KubeConfig config, TestApiServer? embedded, DirectoryInfo? data)
    {
        Config = config;
        Client = new KubeClient(config, new KubeClientOptions { UserAgent = "meet-bench" });
        _embedded = embedded;
        _data = data;
    }

    public KubeConfig Config { get; }
    public KubeClient Client { get; }
    public bool IsCluster => _embedded is null;

    public static async Task<StageServer> EmbeddedAsync()
    {
        var data = Directory.CreateTempSubdirectory("meet-bench-");
        var server = await TestApiServer.StartAsync(new ApiServerOptions
        {
            DataDirectory = data.FullName,
            Manifests = Repository.CrdTexts,
            AdmissionPolicies = [new MeetAdmission()],
        }).ConfigureAwait(false);
        return new StageServer(new KubeConfig { Server = server.Server.Address, Token = server.Server.Token }, server, data);
    }

    /// <summary>Uses the cluster of KUBECONFIG, in which the CRDs are installed. Throws while another operator leads there, because two operators would conflict.</summary>
    public static async Task<StageServer> ClusterAsync()
    {
        var server = new StageServer(KubeConfig.Load(), null, null);
        var leases = await server.Client.ListAsync<Lease>(null, null, default).ConfigureAwait(false);
        var leader = leases.Items.FirstOrDefault(lease => lease is { Metadata.Name: "meet-operator", Spec.HolderIdentity.Length: > 0 } && lease.Spec.RenewTime > DateTimeOffset.UtcNow.AddSeconds(-60));
        return leader is null ? server
            : throw new InvalidOperationException($"{leader.Spec.HolderIdentity} is the leading operator of this cluster (Lease {leader.Metadata.NamespacedName}). Uninstall the release before you run the bench.");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync().ConfigureAwait(false);
        }

        _data?.Delete(recursive: true);
    }
}
