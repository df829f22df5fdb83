using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Bench.Media;

/// <summary>A media node in a separate process with production settings.</summary>
internal sealed class BenchNode : IDisposable
{
    private static readonly string Host = ControlNames.OfNode("bench", "bench");
    private readonly HttpClient _http;
    private readonly Process _process;

    private BenchNode(Process process, TestAuthority authority, int control, string media)
    {
        _process = process;
        MediaPort = int.Parse(media.Split(',')[0], CultureInfo.InvariantCulture);
        _http = authority.HttpOf(Host);
        Caller = authority.Caller(ControlRole.Signaling);
        Control = new NodeControlClient(_http, new Uri($"https://127.0.0.1:{control.ToString(CultureInfo.InvariantCulture)}/"), Host);
    }

    /// <summary>The first processor, for a node that is to have one for itself, or null where there is only one.</summary>
    public static string? FirstProcessor => Environment.ProcessorCount > 1 ? "0" : null;

    public NodeControlClient Control { get; }

    /// <summary>Credentials with which another program can call the control API in the role of signaling.</summary>
    public NodeCredentials Caller { get; }

    /// <summary>The UDP port of the first media thread.</summary>
    public int MediaPort { get; }

    public int ProcessId => _process.Id;

    public double ResidentMebibytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts a node, on the <paramref name="processors"/> if they are given (as <c>taskset</c> lists them).</summary>
    public static async Task<BenchNode> StartAsync(string nodeAssembly, string? processors = null, int mediaThreads = 1)
    {
        var control = FreePort(ProtocolType.Tcp);
        var media = string.Join(',', Enumerable.Range(0, mediaThreads).Select(_ => FreePort(ProtocolType.Udp)));
        string[] program = [Environment.ProcessPath ?? "dotnet", nodeAssembly];
        if (processors is not null)
        {
            program = ["taskset", "-c", processors, .. program];
        }

        var start = new ProcessStartInfo(program[0], program[1..]) { RedirectStandardOutput = true };
        start.Environment["MEET_NODE_NAME"] = "bench";
        using var authority = new TestAuthority();
        var credentials = authority.Node("bench", "bench");
        start.Environment["MEET_NODE_CERTIFICATE"] = credentials.Certificate;
        start.Environment["MEET_NODE_KEY"] = credentials.Key;
        start.Environment["MEET_NODE_AUTHORITIES"] = credentials.Authorities;
        start.Environment["MEET_CONTROL_ADDRESS"] = $"127.0.0.1:{control}";
        start.Environment["MEET_UDP_PORTS"] = media;
        start.Environment["MEET_ADVERTISED_ADDRESSES"] = "127.0.0.1";
        var node = new BenchNode(Process.Start(start) ?? throw new InvalidOperationException("The media node did not start."), authority, control, media);
        for (var i = 0; i < 300 && !await node.IsReadyAsync().ConfigureAwait(false); i++)
        {
            await Task.Delay(100).ConfigureAwait(false);
        }

        return node;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(Control.Address, "readyz")).ConfigureAwait(false);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort(ProtocolType protocol)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
