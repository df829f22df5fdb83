using System.Text;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Images;
using MeetOperator.Kube.ProcessRuntime.Logs;
using MeetOperator.Kube.ProcessRuntime.Services;
using MeetOperator.Kube.Serialization;
using MeetOperator.Kube.Testing;
using MeetOperator.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

/// <summary>An in-memory API server and a process node whose only image is a shell. Each fixture has its own Pod addresses.</summary>
public sealed class NodeFixture : IAsyncDisposable
{
    public const string Namespace = "runtime";
    public static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(90);

    private static int _fixtures;

    private NodeFixture(TestApiServer server, string folder)
    {
        Api = server;
        Folder = folder;
        Options = new ProcessRuntimeOptions
        {
            Folder = folder,
            NodeName = "node-a",
            PodAddressPrefix = $"127.76.{Interlocked.Increment(ref _fixtures)}",
            Images = new ImageTable().Add("shell", new ImageProgram { Entrypoint = ["/bin/sh", "-c"] }).Add("absent", new ImageProgram { Entrypoint = ["/no/such/program"] }),
            ShutdownGrace = TimeSpan.FromSeconds(1),
            HostPathNamespaces = new HashSet<string> { "trusted" },
        };
    }

    public TestApiServer Api { get; }
    public KubeClient Client => Api.Client;
    public string Folder { get; }
    public ProcessRuntimeOptions Options { get; }
    public ProcessNode? Node { get; private set; }

    public static async Task<NodeFixture> StartAsync(bool withNode = true)
    {
        var fixture = new NodeFixture(await TestApiServer.StartAsync(), Directory.CreateTempSubdirectory("runtime").FullName);
        foreach (var name in (string[])[Namespace, "trusted"])
        {
            await fixture.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = name } }, Limit());
        }

        if (withNode)
        {
            await fixture.StartNodeAsync();
        }

        return fixture;
    }

    public async Task StartNodeAsync()
    {
        Node = new ProcessNode(Client, Options, NullLoggerFactory.Instance);
        await Node.StartAsync(Limit());
    }

    public async Task StopNodeAsync()
    {
        if (Node is { } node)
        {
            Node = null;
            await node.DisposeAsync();
        }
    }

    public static CancellationToken Limit(int seconds = 30) => new CancellationTokenSource(TimeSpan.FromSeconds(seconds)).Token;

    /// <summary>Creates a Pod with one container that runs <paramref name="script"/>.</summary>
    public Task<Pod> RunAsync(string name, string script, Action<Pod>? change = null)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
            Spec = new PodSpec { RestartPolicy = "Never", Containers = [new Container { Name = "main", Image = "shell:1", Args = [script] }] },
        };
        change?.Invoke(pod);
        return Client.CreateAsync(pod, Limit());
    }

    public Task CreateSecretAsync(string name, string key, string value) => Client.CreateAsync(
        new Secret
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
            Data = new Dictionary<string, string> { [key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value)) },
        },
        Limit());

    /// <summary>Waits for a state of the Pod. On timeout, the message shows the last state.</summary>
    public async Task<Pod> WaitAsync(string name, Func<Pod, bool> reached, string? @namespace = null)
    {
        Pod? pod = null;
        await Eventually.TrueAsync(
            async () => reached(pod = await Client.GetAsync<Pod>(new NamespacedName(@namespace ?? Namespace, name), Limit())),
            () => $"Pod {name} reaches the expected state. Last: {System.Text.Json.JsonSerializer.Serialize(pod?.Status, KubeJson.Options)}",
            WaitLimit);
        return pod!;
    }

    public Task WaitUntilDeletedAsync(string name) =>
        Eventually.TrueAsync(async () => await Client.TryGetAsync<Pod>(new NamespacedName(Namespace, name), Limit()) is null, $"Pod {name} is deleted", WaitLimit);

    public async Task<string> LogAsync(string name, LogQuery? query = null)
    {
        using var reader = new StreamReader(Node!.OpenLog(new NamespacedName(Namespace, name), "main", query ?? new LogQuery(), Limit())!);
        return await reader.ReadToEndAsync(Limit());
    }

    public static ContainerStatus StatusOf(Pod pod) => pod.Status?.ContainerStatuses?.SingleOrDefault() ?? new ContainerStatus();

    public static bool IsReady(Pod pod) => pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    public static int ProcessOf(Pod pod) => int.Parse(StatusOf(pod).ContainerID!["process://".Length..], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whether the process is running. A zombie does not count.</summary>
    public static bool IsAlive(int pid) =>
        File.Exists($"/proc/{pid}/stat") && !TryRead($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);

    public static Task WaitForExitAsync(int pid) => Eventually.TrueAsync(() => !IsAlive(pid), $"process {pid} has exited", WaitLimit);

    public async ValueTask DisposeAsync()
    {
        await StopNodeAsync();
        await Api.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ") Z ";
        }
    }
}
