using System.Diagnostics;
using System.Text.Json;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Logs;
using MeetOperator.Kube.Serialization;
using MeetOperator.Testing;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

/// <summary>The behavior of Pods that run as processes, as observed through the API server.</summary>
public sealed class ProcessNodeTests : IAsyncLifetime
{
    private NodeFixture _node = null!;

    public async Task InitializeAsync() => _node = await NodeFixture.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task StartAsync_Node_IsRegisteredReadyWithAddress()
    {
        var node = await _node.Client.GetAsync<Node>(new NamespacedName(null, "node-a"), NodeFixture.Limit());
        Assert.Contains(node.Status!.Addresses!, a => a is { Type: "InternalIP", Address: "127.0.0.1" });
        Assert.Contains(node.Status.Conditions!, c => c is { Type: "Ready", Status: "True" });
    }

    [Fact]
    public async Task Pod_SecretVolumesAndFields_AreAvailable()
    {
        await _node.CreateSecretAsync("keys", "token", "s3cret");
        await _node.RunAsync("web", "echo \"$POD_IP $NODE $TOKEN $(cat /etc/keys/token) $KEY_FILE\"; test -w /scratch && echo writable; exec sleep 1000", pod =>
        {
            pod.Spec.Volumes =
            [
                new Volume { Name = "keys", Secret = new SecretVolumeSource { SecretName = "keys" } },
                new Volume { Name = "scratch", EmptyDir = new EmptyDirVolumeSource() },
            ];
            pod.Spec.Containers[0].VolumeMounts =
            [
                new VolumeMount { Name = "keys", MountPath = "/etc/keys" }, new VolumeMount { Name = "scratch", MountPath = "/scratch" },
            ];
            pod.Spec.Containers[0].Env =
            [
                new EnvVar { Name = "POD_IP", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "status.podIP" } } },
                new EnvVar { Name = "NODE", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "spec.nodeName" } } },
                new EnvVar { Name = "TOKEN", ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = "keys", Key = "token" } } },
                new EnvVar { Name = "KEY_FILE", Value = "/etc/keys/token" },
            ];
        });

        var pod = await _node.WaitAsync("web", p => p.Status?.Phase == "Running" && NodeFixture.IsReady(p));
        Assert.Equal("node-a", pod.Spec.NodeName);
        Assert.StartsWith(_node.Options.PodAddressPrefix, pod.Status!.PodIp, StringComparison.Ordinal);
        Assert.True(NodeFixture.StatusOf(pod).Started);
        var key = Path.Combine(_node.Folder, "pods", pod.Metadata.Uid!, "volumes", "keys", "token");
        await WaitForLogAsync("web", $"{pod.Status.PodIp} node-a s3cret s3cret {key}\nwritable\n");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
    }

    [Theory]
    [InlineData("exit 0", "Succeeded", 0, "Completed")]
    [InlineData("exit 3", "Failed", 3, "Error")]
    [InlineData("kill -9 $$$$", "Failed", 137, "Error")]
    public async Task Pod_EndsWithoutRestart_ReportsExitCodeAndReason(string script, string phase, int exitCode, string reason)
    {
        await _node.RunAsync("job", script);
        var ended = NodeFixture.StatusOf(await _node.WaitAsync("job", p => p.Status?.Phase == phase)).State!.Terminated!;
        Assert.Equal((exitCode, reason), (ended.ExitCode, ended.Reason));
        Assert.NotNull(ended.FinishedAt);
    }

    [Fact]
    public async Task Pod_Crashes_RestartsImmediatelyThenBacksOff()
    {
        await _node.RunAsync("crash", "echo run; exit 1", p => p.Spec.RestartPolicy = "Always");
        var pod = await _node.WaitAsync("crash", p => NodeFixture.StatusOf(p).State?.Waiting?.Reason == "CrashLoopBackOff");
        var status = NodeFixture.StatusOf(pod);
        Assert.Equal(1, status.RestartCount);
        Assert.Equal(1, status.LastState?.Terminated?.ExitCode);
        Assert.Contains("back-off 10s", status.State!.Waiting!.Message, StringComparison.Ordinal);
        Assert.False(NodeFixture.IsReady(pod));
        Assert.Equal("run\n", await _node.LogAsync("crash", new LogQuery { Previous = true }));
    }

    [Fact]
    public async Task Pod_StartAndCrash_AreRecordedAsEvents()
    {
        await _node.RunAsync("crash", "exit 1", p => p.Spec.RestartPolicy = "Always");
        string[] expected = ["Scheduled", "Started", "BackOff"];
        await Eventually.TrueAsync(
            async () =>
            {
                var events = await _node.Client.ListAllAsync<Event>(NodeFixture.Namespace, null, NodeFixture.Limit());
                return expected.All(reason => events.Items.Any(e => e.Reason == reason && e.InvolvedObject is { Kind: "Pod", Name: "crash" }));
            },
            "the events of the Pod are stored",
            NodeFixture.WaitLimit);
    }

    [Fact]
    public async Task Pod_ProcessKilled_FailsImmediately()
    {
        // A busy machine can stop this process, so the best of three counts.
        var best = TimeSpan.MaxValue;
        for (var attempt = 1; attempt <= 3 && best >= TimeSpan.FromSeconds(1); attempt++)
        {
            await _node.RunAsync($"victim{attempt}", "exec sleep 1000");
            var pod = await _node.WaitAsync($"victim{attempt}", NodeFixture.IsReady);
            var watch = Stopwatch.StartNew();
            Process.GetProcessById(NodeFixture.ProcessOf(pod)).Kill();
            await _node.WaitAsync($"victim{attempt}", p => p.Status?.Phase == "Failed" && !NodeFixture.IsReady(p));
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        Assert.True(best < TimeSpan.FromSeconds(1), $"detected only after {best}");
    }

    [Fact]
    public async Task Delete_ProcessHandlesSigterm_ExitsAndObjectIsRemoved()
    {
        var mark = Path.Combine(_node.Folder, "mark");
        await _node.RunAsync("polite", $"trap 'echo bye > {mark}; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        var pod = await _node.WaitAsync("polite", NodeFixture.IsReady);
        await WaitForLogAsync("polite", "up\n");
        await _node.Client.DeleteAsync<Pod>(pod.Metadata.NamespacedName, NodeFixture.Limit());
        await _node.WaitUntilDeletedAsync("polite");
        Assert.Equal("bye\n", await File.ReadAllTextAsync(mark));
        Assert.False(NodeFixture.IsAlive(NodeFixture.ProcessOf(pod)));
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(_node.Folder, "pods", pod.Metadata.Uid!)), "its folder is deleted", NodeFixture.WaitLimit);
    }

    [Fact]
    public async Task Delete_ProcessIgnoresSigterm_IsKilledWithItsChildren()
    {
        await _node.RunAsync("stubborn", "trap '' TERM; sleep 1000 & echo $!; wait; wait", p => p.Spec.TerminationGracePeriodSeconds = 1);
        var pod = await _node.WaitAsync("stubborn", NodeFixture.IsReady);
        await Eventually.TrueAsync(async () => (await _node.LogAsync("stubborn")).Length > 0, "the log has the process ID of the child", NodeFixture.WaitLimit);
        var child = int.Parse(await _node.LogAsync("stubborn"), System.Globalization.CultureInfo.InvariantCulture);
        await _node.Client.DeleteAsync<Pod>(pod.Metadata.NamespacedName, NodeFixture.Limit());
        await _node.WaitUntilDeletedAsync("stubborn");
        await NodeFixture.WaitForExitAsync(NodeFixture.ProcessOf(pod));
        await NodeFixture.WaitForExitAsync(child);
    }

    [Fact]
    public async Task Pod_HostPortInUse_IsRejected()
    {
        static Action<Pod> Port(int port) => p => p.Spec.Containers[0].Ports = [new ContainerPort { Port = port, HostPort = port, Protocol = "UDP" }];
        var port = FreeUdpPort();
        await _node.RunAsync("first", "exec sleep 1000", Port(port));
        await _node.WaitAsync("first", NodeFixture.IsReady);
        await _node.RunAsync("second", "exec sleep 1000", Port(port));
        var error = await _node.WaitAsync("second", p => p.Status?.Phase == "Failed");
        Assert.Equal("NodePorts", error.Status!.Reason);
        Assert.Contains($"{port}/UDP", error.Status.Message, StringComparison.Ordinal);

        await _node.Client.DeleteAsync<Pod>(new NamespacedName(NodeFixture.Namespace, "first"), NodeFixture.Limit(), new DeleteOptions { GracePeriodSeconds = 1 });
        await _node.WaitUntilDeletedAsync("first");
        await _node.RunAsync("third", "exec sleep 1000", Port(port));
        await _node.WaitAsync("third", NodeFixture.IsReady);
    }

    [Theory]
    [InlineData("nginx:1.29", "ErrImagePull", "nginx:1.29")]
    [InlineData("absent", null, null)]
    public async Task Pod_UnusableImage_ReportsReason(string image, string? reason, string? message)
    {
        await _node.RunAsync("odd", "exit 0", p => p.Spec.Containers[0].Image = image);
        if (reason is null)
        {
            var ended = NodeFixture.StatusOf(await _node.WaitAsync("odd", p => p.Status?.Phase == "Failed")).State!.Terminated!;
            Assert.Equal(127, ended.ExitCode);
            return;
        }

        var waiting = NodeFixture.StatusOf(await _node.WaitAsync("odd", p => NodeFixture.StatusOf(p).State?.Waiting?.Reason == reason)).State!.Waiting!;
        Assert.Contains(message!, waiting.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pod_SecretCreatedLater_WaitsThenStarts()
    {
        await _node.RunAsync("late", "exec sleep 1000", p => p.Spec.Containers[0].EnvFrom = [new EnvFromSource { SecretRef = new OptionalReference { Name = "later" } }]);
        var pod = await _node.WaitAsync("late", p => NodeFixture.StatusOf(p).State?.Waiting?.Reason == "CreateContainerConfigError");
        Assert.Equal("Pending", pod.Status!.Phase);
        await _node.CreateSecretAsync("later", "k", "v");
        await _node.WaitAsync("late", NodeFixture.IsReady);
    }

    [Fact]
    public async Task Pod_HostPath_RunsOnlyInAllowedNamespaces()
    {
        Action<Pod> Mount(string @namespace) => pod =>
        {
            pod.Metadata.Namespace = @namespace;
            pod.Spec.Volumes = [JsonSerializer.Deserialize<Volume>($$$"""{"name":"h","hostPath":{"path":"{{{_node.Folder}}}/host"}}""", KubeJson.Options)!];
            pod.Spec.Containers[0].VolumeMounts = [new VolumeMount { Name = "h", MountPath = "/host" }];
        };
        await _node.RunAsync("denied", "exit 0", Mount(NodeFixture.Namespace));
        var waiting = NodeFixture.StatusOf(await _node.WaitAsync("denied", p => NodeFixture.StatusOf(p).State?.Waiting is { Message: not null })).State!.Waiting!;
        Assert.Contains("hostPath is not allowed", waiting.Message, StringComparison.Ordinal);
        await _node.RunAsync("allowed", "echo x > /host/file", Mount("trusted"));
        await _node.WaitAsync("allowed", p => p.Status?.Phase == "Succeeded", "trusted");
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(_node.Folder, "host", "file")));
    }

    [Fact]
    public async Task Pod_InitContainers_IsRejectedAsUnsupported()
    {
        await _node.RunAsync("init", "exit 0", p => p.Spec.InitContainers = [new Container { Name = "i", Image = "shell", Args = ["exit 0"] }]);
        var pod = await _node.WaitAsync("init", p => p.Status?.Phase == "Failed");
        Assert.Equal("UnsupportedPod", pod.Status!.Reason);
        Assert.Contains("spec.initContainers", pod.Status.Message, StringComparison.Ordinal);
    }

    private static int FreeUdpPort()
    {
        using var socket = new System.Net.Sockets.UdpClient(0);
        return ((System.Net.IPEndPoint)socket.Client.LocalEndPoint!).Port;
    }

    private Task WaitForLogAsync(string name, string expected) =>
        Eventually.TrueAsync(async () => await _node.LogAsync(name) == expected, $"the log is \"{expected}\"", NodeFixture.WaitLimit);
}
