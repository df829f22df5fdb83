using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Testing;

namespace MeetOperator.Local.Tests;

/// <summary>Runs the embedded host as a separate process, with small scripts in place of operator and signaling.</summary>
public sealed class LocalHostTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("local").FullName;
    private readonly List<Process> _started = [];
    private int _port;

    private string Home => Path.Combine(_root, "home");
    private string Programs => Path.Combine(_root, "programs");

    public Task InitializeAsync()
    {
        _port = FreePort.Next();
        Directory.CreateDirectory(Path.Combine(Programs, "crds"));
        foreach (var crd in Directory.EnumerateFiles(Repository.PathOf("crds"), "*.yaml"))
        {
            File.Copy(crd, Path.Combine(Programs, "crds", Path.GetFileName(crd)));
        }

        Script("operator", "MeetOperator.Operator", "exec sleep 1000");
        Script("media-node", "MeetOperator.MediaNode", "exec sleep 1000");
        Script("signaling", "MeetOperator.Signaling", """
            exec node -e '
              const [host, port] = process.env.MEET_HTTP_ADDRESS.split(":");
              const seen = JSON.stringify(process.env);
              require("http").createServer((_, answer) => answer.end(seen)).listen(port, host);'
            """);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Run_OperatorPodDeleted_RecreatesPod()
    {
        await StartAsync();
        using var client = new KubeClient(KubeConfig.FromFile(Path.Combine(Home, "kubeconfig")));
        var key = new NamespacedName("meet-system", "operator");
        var before = (await client.GetAsync<Pod>(key, default)).Metadata.Uid;
        await client.TryDeleteAsync<Pod>(key, default, new DeleteOptions { GracePeriodSeconds = 1 });

        await Eventually.TrueAsync(
            async () => await client.TryGetAsync<Pod>(key, default) is { Status.Phase: "Running" } pod && pod.Metadata.Uid != before, "another Pod is running", TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Start_NewHome_CreatesDefaultsAndServesPage()
    {
        await StartAsync();
        using var http = new HttpClient();
        var environment = await http.GetStringAsync($"http://127.0.0.1:{_port}/");
        Assert.Contains($"\"MEET_DATABASE\":\"sqlite:{Home}/data/meet.db\"", environment, StringComparison.Ordinal);
        Assert.Contains("\"MEET_LOCAL_TENANT\":\"default\"", environment, StringComparison.Ordinal);
        Assert.Contains("\"MEET_DIRECT_DELAY_SECONDS\":\"10\"", environment, StringComparison.Ordinal);
        Assert.Contains($"\"MEET_PUBLIC_URL\":\"http://localhost:{_port}\"", environment, StringComparison.Ordinal);
        Assert.Contains($"\"MEET_WEB_ROOT\":\"{Programs}/web\"", environment, StringComparison.Ordinal);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Home, "kubeconfig")));
        var config = KubeConfig.FromFile(Path.Combine(Home, "kubeconfig"));
        Assert.Equal("meet-default", config.Namespace);
        using var client = new KubeClient(config);
        var tenant = await client.GetAsync<Tenant>(new NamespacedName(null, "default"), default);
        Assert.Equal("meet-default", tenant.Spec.Namespace);
        var pool = await client.GetAsync<SfuPool>(new NamespacedName("meet-default", "default"), default);
        Assert.Equal((1, AddressSource.Static), (pool.Spec.Replicas, pool.Spec.Exposure.AddressSource));
        Assert.Contains("127.0.0.1", pool.Spec.Exposure.StaticAddresses);
        Assert.Equal("Running", (await client.GetAsync<Pod>(new NamespacedName("meet-system", "operator"), default)).Status?.Phase);

        var wrong = await Assert.ThrowsAsync<KubeApiException>(() => client.CreateAsync(
            new Meeting { Metadata = new ObjectMeta { Name = "m", Namespace = "meet-default" }, Spec = new MeetingSpec { TenantRef = new TenantReference { Name = "default" }, MaxParticipants = 0 } }, default));
        Assert.Contains("spec.maxParticipants", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminate_RunningHost_EndsAllProcesses()
    {
        var host = await StartAsync();
        var children = await ChildrenAsync();
        Assert.Equal(2, children.Count);
        var watch = Stopwatch.StartNew();
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -s TERM {host.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await host.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        Assert.Equal(0, host.ExitCode);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"took {watch.Elapsed}");
        Assert.DoesNotContain(children, pid => Directory.Exists($"/proc/{pid}"));
        Assert.False(File.Exists(Path.Combine(Home, "local.pid")));
    }

    [Fact]
    public async Task Start_AfterKill9_EndsOldProcessesAndKeepsObjects()
    {
        var host = await StartAsync();
        var children = await ChildrenAsync();
        using (var client = new KubeClient(KubeConfig.FromFile(Path.Combine(Home, "kubeconfig"))))
        {
            await client.CreateAsync(new ConfigMap { Metadata = new ObjectMeta { Name = "kept", Namespace = "meet-default" } }, default);
        }

        host.Kill();
        await host.WaitForExitAsync();
        await Eventually.TrueAsync(
            () => !children.Any(pid => Directory.Exists($"/proc/{pid}") && !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal)),
            "all child processes have exited",
            TimeSpan.FromSeconds(10));

        await StartAsync();
        using var again = new KubeClient(KubeConfig.FromFile(Path.Combine(Home, "kubeconfig")));
        Assert.NotNull(await again.TryGetAsync<ConfigMap>(new NamespacedName("meet-default", "kept"), default));
    }

    [Fact]
    public async Task Start_PortInUse_SuggestsAnotherPort()
    {
        using var other = new TcpListener(IPAddress.Any, _port);
        other.Start();
        var (code, errors) = await FailAsync();
        Assert.Equal(1, code);
        Assert.Contains($"port {_port} is in use", errors, StringComparison.Ordinal);
        Assert.Contains($"MEET_PORT={_port + 1}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DamagedStoreOrCertificate_ReportsFileAndFix()
    {
        await EndAsync(await StartAsync());
        var log = Directory.GetFiles(Path.Combine(Home, "api", "store"), "log-*").Single();
        Flip(log);
        var (code, errors) = await FailAsync();
        Assert.Equal(1, code);
        Assert.StartsWith($"meet: {log} is corrupt at byte", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Flip(log);

        File.WriteAllText(Path.Combine(Home, "api", "server.pem"), "nothing");
        (code, errors) = await FailAsync();
        Assert.Equal(1, code);
        Assert.StartsWith($"meet: {Home}/api/server.pem does not contain a valid certificate and key", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Export_UserObjects_CanBeAppliedToAnotherServer(bool running)
    {
        var host = await StartAsync();
        using var client = new KubeClient(KubeConfig.FromFile(Path.Combine(Home, "kubeconfig")));
        await client.CreateAsync(
            new Tenant { Metadata = new ObjectMeta { Name = "acme", Labels = new Dictionary<string, string> { ["on"] = "true" } }, Spec = new TenantSpec { Namespace = "meet-acme", DisplayName = "Acme: \"A & Ä\" #1" } }, default);
        await client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-acme" } }, default);
        await client.CreateAsync(
            new Secret { Metadata = new ObjectMeta { Name = "key", Namespace = "meet-acme" }, StringData = new Dictionary<string, string> { ["key"] = "0123\nyes" } }, default);
        await client.CreateAsync(
            new Meeting { Metadata = new ObjectMeta { Name = "standup", Namespace = "meet-acme" }, Spec = new MeetingSpec { TenantRef = new TenantReference { Name = "acme" }, Title = "on" } }, default);
        if (!running)
        {
            await EndAsync(host);
        }

        var export = Launch(["export", "--home", Home], captureOutput: true);
        var yaml = await export.StandardOutput.ReadToEndAsync();
        await export.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal(0, export.ExitCode);
        Assert.DoesNotContain("kind: Pod\n", yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("meet-keys", yaml, StringComparison.Ordinal);
        var file = Path.Combine(_root, "export.yaml");
        await File.WriteAllTextAsync(file, yaml);

        var otherHome = Path.Combine(_root, "other-home");
        await StartAsync(otherHome, FreePort.Next());
        using (var kubectl = Process.Start("kubectl", ["--kubeconfig", Path.Combine(otherHome, "kubeconfig"), "apply", "-f", file]))
        {
            await kubectl.WaitForExitAsync();
            Assert.Equal(0, kubectl.ExitCode);
        }

        using var other = new KubeClient(KubeConfig.FromFile(Path.Combine(otherHome, "kubeconfig")));
        var tenant = await other.GetAsync<Tenant>(new NamespacedName(null, "acme"), default);
        Assert.Equal(("Acme: \"A & Ä\" #1", "true"), (tenant.Spec.DisplayName, tenant.Metadata.Labels!["on"]));
        Assert.Equal("on", (await other.GetAsync<Meeting>(new NamespacedName("meet-acme", "standup"), default)).Spec.Title);
        Assert.Equal("MDEyMwp5ZXM=", (await other.GetAsync<Secret>(new NamespacedName("meet-acme", "key"), default)).Data!["key"]);
    }

    [Fact]
    public async Task Export_DirectoryWithoutInstallation_Fails()
    {
        var export = Launch(["export", "--home", Path.Combine(_root, "nothing")], captureErrors: true);
        var errors = await export.StandardError.ReadToEndAsync();
        await export.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal(1, export.ExitCode);
        Assert.Contains("contains no installation", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "nothing")));
    }

    [Fact]
    public async Task Start_HomeInUse_Fails()
    {
        await StartAsync();
        var (code, errors) = await FailAsync();
        Assert.Equal(1, code);
        Assert.Contains("is in use by another 'meet up'", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TwoInstallations_RunIndependently()
    {
        var otherHome = Path.Combine(_root, "other-home");
        var otherPort = FreePort.Next();
        await StartAsync();
        var other = await StartAsync(otherHome, otherPort);
        using var client = new KubeClient(KubeConfig.FromFile(Path.Combine(Home, "kubeconfig")));
        using var otherClient = new KubeClient(KubeConfig.FromFile(Path.Combine(otherHome, "kubeconfig")));
        var mine = new NamespacedName("meet-default", "mine");
        await client.CreateAsync(new ConfigMap { Metadata = new ObjectMeta { Name = mine.Name, Namespace = mine.Namespace } }, default);
        Assert.Null(await otherClient.TryGetAsync<ConfigMap>(mine, default));
        using var http = new HttpClient();
        Assert.Contains(otherHome, await http.GetStringAsync($"http://127.0.0.1:{otherPort}/"), StringComparison.Ordinal);

        other.Kill();
        await other.WaitForExitAsync();
        Assert.NotNull(await client.TryGetAsync<ConfigMap>(mine, default));
        Assert.DoesNotContain(otherHome, await http.GetStringAsync($"http://127.0.0.1:{_port}/"), StringComparison.Ordinal);
    }

    private Task<Process> StartAsync() => StartAsync(Home, _port);

    private async Task<Process> StartAsync(string home, int port)
    {
        Directory.CreateDirectory(home);
        // A killed host leaves its banner. Like `meet up --detach`, remove it first.
        var banner = Path.Combine(home, "banner");
        File.Delete(banner);
        var process = Launch(home, port);
        await Eventually.TrueAsync(() => File.Exists(banner) || process.HasExited, "the page is available");
        Assert.True(File.Exists(banner), "the process exited before the page was available");
        return process;
    }

    private async Task<(int Code, string Errors)> FailAsync()
    {
        var process = Launch(Home, _port, captureErrors: true);
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        return (process.ExitCode, errors);
    }

    private Process Launch(string home, int port, bool captureErrors = false) =>
        Launch(["--home", home, "--port", $"{port}", "--programs", Programs], captureErrors);

    private Process Launch(string[] arguments, bool captureErrors = false, bool captureOutput = false)
    {
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MeetOperator.Local.dll"), .. arguments])
        {
            RedirectStandardError = captureErrors,
            RedirectStandardOutput = captureOutput,
            // A killed process would leave its diagnostics socket in the temporary directory.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0", ["MEET_DIRECT_DELAY_SECONDS"] = "10" },
        };
        var process = Process.Start(info)!;
        _started.Add(process);
        return process;
    }

    private static async Task EndAsync(Process host)
    {
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -s TERM {host.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await host.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
    }

    private static void Flip(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 0xFF;
        File.WriteAllBytes(file, bytes);
    }

    // Reads the process IDs from the API, so that exactly the host's processes are checked.
    private async Task<List<int>> ChildrenAsync()
    {
        using var client = new KubeClient(KubeConfig.FromFile(Path.Combine(Home, "kubeconfig")));
        var pods = await client.ListAllAsync<Pod>("meet-system", null, default);
        return [.. pods.Items
            .Select(p => p.Status?.ContainerStatuses?.FirstOrDefault()?.ContainerID)
            .OfType<string>()
            .Select(id => int.Parse(id["process://".Length..], System.Globalization.CultureInfo.InvariantCulture))];
    }

    private void Script(string folder, string name, string body)
    {
        Directory.CreateDirectory(Path.Combine(Programs, folder));
        var path = Path.Combine(Programs, folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
