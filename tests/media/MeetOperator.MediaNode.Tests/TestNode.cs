using System.Net;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Settings;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A media node in this process with real sockets and HTTP on loopback. The kernel chooses the ports.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public const string Namespace = "ns";
    public const string Name = "test-node";
    private readonly HttpClient _http;
    private readonly WebApplication _app;
    private bool _stopped;

    private TestNode(MediaNodeHost host, WebApplication app)
    {
        Host = host;
        _app = app;
        Address = new Uri(app.Urls.Single() + "/");
        _http = Authority.HttpOf(ControlNames.OfNode(Namespace, Name));
        Control = new NodeControlClient(_http, Address, ControlNames.OfNode(Namespace, Name));
    }

    /// <summary>The certificate authority that all test nodes trust.</summary>
    public static TestAuthority Authority { get; } = new();

    public MediaNodeHost Host { get; }

    public Uri Address { get; }

    public NodeControlClient Control { get; }

    public HttpClient Http => _http;

    public IServiceProvider Services => _app.Services;

    public static async Task<TestNode> StartAsync(Func<NodeOptions, NodeOptions>? change = null, TimeProvider? clock = null)
    {
        var options = new NodeOptions
        {
            Name = Name,
            Credentials = TestAuthority.Read(Authority.Node(Namespace, Name)),
            ControlAddress = new IPEndPoint(IPAddress.Loopback, 0),
            UdpPorts = [0],
            AdvertisedAddresses = [IPAddress.Loopback],
            BindAddresses = [IPAddress.Loopback],
        };
        var host = new MediaNodeHost(change?.Invoke(options) ?? options, NullLoggerFactory.Instance, clock ?? TimeProvider.System);
        var app = ControlServer.Build(host);
        await app.StartAsync();
        host.IsReady = true;
        return new TestNode(host, app);
    }

    /// <summary>Stops the node as SIGTERM does.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await StopAsync();
        }

        await _app.DisposeAsync();
        Host.Dispose();
        _http.Dispose();
    }
}
