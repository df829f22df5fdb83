using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A media node in a separate process, configured by environment variables as in a Pod.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http = TestNode.Authority.HttpOf(ControlNames.OfNode(TestNode.Namespace, TestNode.Name));

    private NodeProcess(Process process, int port)
    {
        _process = process;
        Address = new Uri($"https://127.0.0.1:{port}/");
        Control = new NodeControlClient(_http, Address, ControlNames.OfNode(TestNode.Namespace, TestNode.Name));
    }

    public Uri Address { get; }

    public NodeControlClient Control { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The lines on standard output so far.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    /// <summary>The lines on standard error so far.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <param name="shutdownSeconds">How long meetings may go on after SIGTERM.</param>
    /// <param name="name">Name of the node in its log and reports; its certificate keeps the name of the tests.</param>
    /// <param name="program">The assembly to run; null for this version.</param>
    public static async Task<NodeProcess> StartAsync(int shutdownSeconds, string name = TestNode.Name, string? program = null)
    {
        var (control, media) = (FreePort(ProtocolType.Tcp), FreePort(ProtocolType.Udp));
        var credentials = TestNode.Authority.Node(TestNode.Namespace, TestNode.Name);
        var start = new ProcessStartInfo("dotnet", [program ?? Path.Combine(AppContext.BaseDirectory, "MeetOperator.MediaNode.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["DOTNET_EnableDiagnostics"] = "0", // A killed process would leave its diagnostics socket in the temporary directory.
                ["MEET_NODE_NAME"] = name,
                ["MEET_NODE_CERTIFICATE"] = credentials.Certificate,
                ["MEET_NODE_KEY"] = credentials.Key,
                ["MEET_NODE_AUTHORITIES"] = credentials.Authorities,
                ["MEET_CONTROL_ADDRESS"] = $"127.0.0.1:{control}",
                ["MEET_UDP_PORTS"] = $"{media}",
                ["MEET_ADVERTISED_ADDRESSES"] = "127.0.0.1",
                ["MEET_SHUTDOWN_SECONDS"] = $"{shutdownSeconds}",
            },
        };
        var node = new NodeProcess(Process.Start(start)!, control);
        node._process.OutputDataReceived += (_, line) => node.Log.Enqueue(line.Data ?? string.Empty);
        node._process.ErrorDataReceived += (_, line) => node.Errors.Enqueue(line.Data ?? string.Empty);
        node._process.BeginOutputReadLine();
        node._process.BeginErrorReadLine();
        await SyntheticPeer.UntilTrueAsync("the node is ready", async () => await node.ReadyAsync() == HttpStatusCode.OK);
        return node;
    }

    /// <summary>The status of a readiness probe, or null when the connection fails.</summary>
    public async Task<HttpStatusCode?> ReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(Address, "readyz"));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public void Terminate() => Signal("TERM");

    public void Suspend() => Signal("STOP");

    public void Resume() => Signal("CONT");

    public async Task<int> ExitCodeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _http.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    private static int FreePort(ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
