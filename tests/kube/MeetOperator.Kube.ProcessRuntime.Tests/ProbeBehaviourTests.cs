using System.Net;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Probes;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

/// <summary>Probes of running Pods against a server whose status code the test sets.</summary>
public sealed class ProbeBehaviourTests : IAsyncLifetime
{
    private readonly HttpListener _server = new();
    private NodeFixture _node = null!;
    private int _port;
    private volatile int _statusCode = 503;

    public async Task InitializeAsync()
    {
        using (var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            socket.Start();
            _port = ((IPEndPoint)socket.LocalEndpoint).Port;
        }

        _server.Prefixes.Add($"http://127.0.0.1:{_port}/");
        _server.Start();
        _ = AnswerAsync();
        _node = await NodeFixture.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        _server.Close();
    }

    [Fact]
    public async Task Readiness_ServerStarts_IsDetectedQuickly()
    {
        await _node.RunAsync("web", "exec sleep 1000", p => p.Spec.Containers[0].ReadinessProbe = Http(period: 1, failures: 1));
        var pod = await _node.WaitAsync("web", p => p.Status?.Phase == "Running");
        Assert.False(NodeFixture.IsReady(pod));

        // A busy machine can stop this process, so the best of three counts.
        var (limit, best) = (TimeSpan.FromMilliseconds(800), TimeSpan.MaxValue);
        for (var attempt = 0; attempt < 3 && best >= limit; attempt++)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            _statusCode = 200;
            await _node.WaitAsync("web", NodeFixture.IsReady);
            best = watch.Elapsed < best ? watch.Elapsed : best;
            _statusCode = 500;
            pod = await _node.WaitAsync("web", p => !NodeFixture.IsReady(p));
        }

        Assert.True(best < limit, $"ready only after {best}");
        Assert.Equal(0, NodeFixture.StatusOf(pod).RestartCount);
    }

    [Fact]
    public async Task Liveness_Fails_RestartsContainer()
    {
        _statusCode = 200;
        await _node.RunAsync("web", "exec sleep 1000", p =>
        {
            p.Spec.RestartPolicy = "Always";
            p.Spec.TerminationGracePeriodSeconds = 1;
            p.Spec.Containers[0].LivenessProbe = Http(period: 1, failures: 3);
        });
        var first = NodeFixture.ProcessOf(await _node.WaitAsync("web", NodeFixture.IsReady));
        _statusCode = 500;
        var pod = await _node.WaitAsync("web", p => NodeFixture.StatusOf(p) is { RestartCount: 1, State.Running: not null });
        _statusCode = 200;
        Assert.NotEqual(first, NodeFixture.ProcessOf(pod));
        Assert.False(NodeFixture.IsAlive(first));
    }

    [Fact]
    public async Task Startup_NotSucceeded_DelaysReadiness()
    {
        var mark = Path.Combine(_node.Folder, "started");
        await _node.RunAsync("slow", "exec sleep 1000", p =>
        {
            p.Spec.Containers[0].StartupProbe = new Probe { Exec = new ExecAction { Command = ["test", "-e", mark] }, PeriodSeconds = 1, FailureThreshold = 60 };
            p.Spec.Containers[0].ReadinessProbe = new Probe { TcpSocket = new TcpSocketAction { Port = _port, Host = "127.0.0.1" }, PeriodSeconds = 1 };
        });
        var pod = await _node.WaitAsync("slow", p => p.Status?.Phase == "Running");
        Assert.False(NodeFixture.StatusOf(pod).Started);
        await File.WriteAllTextAsync(mark, string.Empty);
        pod = await _node.WaitAsync("slow", NodeFixture.IsReady);
        Assert.True(NodeFixture.StatusOf(pod).Started);
    }

    [Fact]
    public void PortOf_NamedPort_IsLookedUpInTheContainer()
    {
        var container = new Container { Ports = [new ContainerPort { Name = "control", Port = 8090 }] };
        Assert.Equal(8090, ProbeAction.PortOf("control", container));
        Assert.Equal(81, ProbeAction.PortOf(81, container));
        Assert.Equal(0, ProbeAction.PortOf("other", container));
    }

    private Probe Http(int period, int failures) => new()
    {
        HttpGet = new HttpGetAction { Path = "/x", Port = _port, Host = "127.0.0.1" }, PeriodSeconds = period, FailureThreshold = failures,
    };

    private async Task AnswerAsync()
    {
        while (_server.IsListening)
        {
            try
            {
                var context = await _server.GetContextAsync();
                context.Response.StatusCode = _statusCode;
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
