using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime;
using MeetOperator.Kube.ProcessRuntime.Logs;
using MeetOperator.Kube.ProcessRuntime.Pods;
using MeetOperator.Kube.ProcessRuntime.Services;
using MeetOperator.Kube.Serialization;
using MeetOperator.Local.Defaults;
using MeetOperator.Local.Home;
using MeetOperator.Local.Manifests;
using MeetOperator.Local.Settings;
using MeetOperator.Operator.Admission;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Local.Startup;

/// <summary>One embedded installation: the API server, the node that runs its Pods, and the default objects.</summary>
internal sealed class LocalHost : IAsyncDisposable
{
    private static readonly ApplyOptions Apply = new() { FieldManager = FieldManagers.Local, Force = true };

    private readonly LocalOptions _options;
    private readonly HomeFolder _home;
    private readonly ILoggerFactory _loggers;
    private readonly CancellationTokenSource _stop = new();
    private EmbeddedApiServer? _server;
    private KubeClient? _client;
    private ProcessNode? _node;
    private ManifestClient? _manifestClient;
    private Task _manifests = Task.CompletedTask;
    private Task _systemPods = Task.CompletedTask;

    private LocalHost(LocalOptions options, HomeFolder home, ILoggerFactory loggers)
    {
        _options = options;
        _home = home;
        _loggers = loggers;
    }

    public string Kubeconfig => _home.Kubeconfig;

    /// <summary>Returns once the API server is ready and the Pods are created. <see cref="PageProbe"/> waits for the pages.</summary>
    /// <exception cref="LocalException">The home or the port is in use, or the programs are not built.</exception>
    public static async Task<LocalHost> StartAsync(LocalOptions options, ILoggerFactory loggers, CancellationToken ct)
    {
        var crds = ReadCrds(options.Programs);
        var host = new LocalHost(options, HomeFolder.Open(options.Home), loggers);
        try
        {
            await host.RunAsync(crds, ct).ConfigureAwait(false);
            return host;
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Prints the banner, and writes it to the file that <c>meet up --detach</c> waits for.</summary>
    public void Announce(string banner)
    {
        Console.Write(banner);
        _home.WritePrivate(_home.Banner, banner);
    }

    /// <summary>The last log lines of a container in <c>meet-system</c>, for messages about a failed start.</summary>
    internal async Task<string> ReadLastLinesAsync(string pod, CancellationToken ct)
    {
        foreach (var previous in (bool[])[true, false])
        {
            using var stream = _node?.OpenLog(new NamespacedName(LocalNames.SystemNamespace, pod), pod, new LogQuery { TailLines = 15, Previous = previous }, ct);
            using var reader = new StreamReader(stream ?? Stream.Null);
            var text = await reader.ReadToEndAsync(ct).ConfigureAwait(false);
            if (text.Length > 0)
            {
                return text;
            }
        }

        return string.Empty;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _manifests.ConfigureAwait(false);
        await _systemPods.ConfigureAwait(false);
        if (_node is not null)
        {
            await _node.DisposeAsync().ConfigureAwait(false);
        }

        _manifestClient?.Dispose();
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        _home.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(IReadOnlyList<string> crds, CancellationToken ct)
    {
        _server = await LocalServer.StartAsync(
            new ApiServerOptions
            {
                DataDirectory = _home.ApiData,
                Token = _home.Key("api-token"),
                Manifests = crds,
                AdmissionPolicies = [new MeetAdmission()],
                PodLogs = (request, cancel) => Task.FromResult(OpenLog(request, cancel)),
                LoggerFactory = _loggers,
            },
            ct).ConfigureAwait(false);
        _client = new KubeClient(
            new KubeConfig { Server = _server.Address, Token = _server.Token, Namespace = LocalNames.DefaultNamespace },
            new KubeClientOptions { FieldManager = FieldManagers.Local });
        _node = new ProcessNode(
            _client,
            new ProcessRuntimeOptions
            {
                Folder = _home.Runtime,
                Images = LocalImages.In(_options.Programs, _options.TurnServer),
                PodAddressPrefix = LocalNetwork.PodAddressPrefix(_options.Port),
                HostPathNamespaces = new HashSet<string> { LocalNames.SystemNamespace },
            },
            _loggers);

        // Processes from an earlier run of this installation may still hold the ports.
        _node.EndLeftovers();
        if (!PortProbe.IsFree(_options.Port, udp: false))
        {
            throw new LocalException($"port {_options.Port} is in use: choose another one with MEET_PORT={_options.Port + 1} MEET_HOME=.meet-{_options.Port + 1} ./meet up");
        }

        _home.WritePrivate(_home.Kubeconfig, KubeconfigText.InNamespace(_server.Kubeconfig, LocalNames.DefaultNamespace));
        await WriteDefaultsAsync(_client, _server.PlainKubeconfig, ct).ConfigureAwait(false);
        await _node.StartAsync(ct).ConfigureAwait(false);
        _systemPods = new SystemPodKeeper(_client, SystemPodList(), _loggers.CreateLogger<SystemPodKeeper>()).RunAsync(_stop.Token);
        _manifestClient = new ManifestClient(_server.Address, _server.Token, LocalNames.DefaultNamespace);
        _manifests = new ManifestFolder(_home.Manifests, _home.AppliedManifests, _manifestClient, _loggers.CreateLogger<ManifestFolder>()).RunAsync(_stop.Token);
    }

    private async Task WriteDefaultsAsync(KubeClient client, string kubeconfig, CancellationToken ct)
    {
        await client.ApplyAsync(DefaultObjects.SystemNamespace(), Apply, ct).ConfigureAwait(false);
        await client.ApplyAsync(DefaultObjects.DefaultNamespace(), Apply, ct).ConfigureAwait(false);
        await client.ApplyAsync(
            DefaultObjects.Secret(LocalNames.KeysSecret, ("signing", _home.Key("signing.key"))), Apply, ct).ConfigureAwait(false);
        await client.ApplyAsync(DefaultObjects.Secret(LocalNames.KubeconfigSecret, ("config", kubeconfig)), Apply, ct).ConfigureAwait(false);
        await client.ApplyAsync(DefaultObjects.Tenant(), Apply, ct).ConfigureAwait(false);
        await ApplyPoolAsync(client, ct).ConfigureAwait(false);
        await ApplyTurnPoolAsync(client, ct).ConfigureAwait(false);
        foreach (var pod in SystemPodList())
        {
            await RecreateAsync(client, pod, ct).ConfigureAwait(false);
        }
    }

    private IReadOnlyList<Pod> SystemPodList() => [SystemPods.Operator(_options), SystemPods.Signaling(_options, _home.Data)];

    // Applies only the fields that depend on this host, so that a `kubectl scale` survives a restart.
    private async Task ApplyPoolAsync(KubeClient client, CancellationToken ct)
    {
        var ports = LocalNetwork.MediaPorts(_options.Port, p => PortProbe.IsFree(p, udp: true));
        var pool = DefaultObjects.Pool(ports, _options.AdvertisedAddresses, Environment.ProcessorCount);
        await ApplyFieldsAsync(client, pool, ["exposure", "region"], ct).ConfigureAwait(false);
    }

    /// <summary>The pool of relays exists only where coturn is installed.</summary>
    private async Task ApplyTurnPoolAsync(KubeClient client, CancellationToken ct)
    {
        var port = LocalNetwork.TurnPort(_options.Port, p => PortProbe.IsFree(p, udp: true) && PortProbe.IsFree(p, udp: false));
        if (_options.TurnServer is null || port is null)
        {
            await client.TryDeleteAsync<TurnPool>(new NamespacedName(LocalNames.DefaultNamespace, LocalNames.Default), ct).ConfigureAwait(false);
            return;
        }

        await ApplyFieldsAsync(client, DefaultObjects.TurnPool(port.Value, _options.AdvertisedAddresses), ["exposure", "region", "listeners", "relayPorts"], ct).ConfigureAwait(false);
    }

    private static async Task ApplyFieldsAsync<T>(KubeClient client, T pool, string[] fields, CancellationToken ct)
        where T : KubernetesObject
    {
        var body = (System.Text.Json.Nodes.JsonObject)System.Text.Json.JsonSerializer.SerializeToNode(pool, KubeJson.Options)!;
        var spec = body["spec"]!.AsObject();
        foreach (var name in spec.Select(p => p.Key).Except(fields).ToArray())
        {
            spec.Remove(name);
        }

        body.Remove("status");
        await client.ApplyAsync<T>(pool.Metadata.NamespacedName, body, Apply, ct).ConfigureAwait(false);
    }

    // A Pod's spec is immutable, and the processes of the previous run no longer exist.
    private static async Task RecreateAsync(KubeClient client, Pod pod, CancellationToken ct)
    {
        await client.TryDeleteAsync<Pod>(pod.Metadata.NamespacedName, ct, new DeleteOptions { GracePeriodSeconds = 0 }).ConfigureAwait(false);
        await client.CreateAsync(pod, ct).ConfigureAwait(false);
    }

    private Stream? OpenLog(PodLogRequest request, CancellationToken ct) => _node?.OpenLog(
        new NamespacedName(request.Namespace, request.Pod),
        request.Container,
        new LogQuery
        {
            Follow = request.Follow,
            Previous = request.Previous,
            TailLines = request.TailLines,
            Timestamps = request.Timestamps,
            SinceTime = request.SinceTime,
            LimitBytes = request.LimitBytes,
        },
        ct);

    private static List<string> ReadCrds(string programs)
    {
        var folder = Path.Combine(programs, "crds");
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText).ToList() is { Count: > 0 } crds
            ? crds
            : throw new LocalException($"{folder} contains no CRDs: start with ./meet up, which builds and copies all files");
    }
}
