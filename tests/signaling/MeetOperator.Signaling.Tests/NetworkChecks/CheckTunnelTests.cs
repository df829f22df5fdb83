using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Connectivity;
using MeetOperator.Signaling.NetworkChecks;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Tests.Rest;
using MeetOperator.Signaling.Tunnels;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.NetworkChecks;

/// <summary>The tunnel of a network check: whether a WebSocket at the path of tunnels opens, and how fast it answers.</summary>
public sealed class CheckTunnelTests : IAsyncLifetime
{
    private const string Caller = "198.51.100.7";
    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        _cluster.Connectivity = new ConnectivityRule { Tunnel = TunnelAccess.LastResort };
        await _cluster.SetTunnelAsync(TunnelAccess.LastResort);
        await _cluster.AddNodeAsync("default-aaaaa");
        _signaling = await TestSignaling.StartAsync(_cluster, options => options with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Open_TunnelsAllowed_AcknowledgesWhatArrives()
    {
        var (meeting, check) = await OpenCheckAsync();
        using var tunnel = await OpenAsync(UrlOf(check));

        Assert.Equal("meet.v1", tunnel.SubProtocol);
        Assert.Equal(("1200", "2400"), (await SendAsync(tunnel, 1_200), await SendAsync(tunnel, 1_200)));
        await tunnel.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);

        var result = new { rungs = new[] { new { path = "tunnel", family = "unknown", result = "connected" } } };
        Assert.Equal(HttpStatusCode.NoContent, (await RequestAsync(HttpMethod.Put, $"meetings/{meeting}/checks/{check["checkId"]}/result", result)).StatusCode);
        var metrics = await _signaling.Http.GetStringAsync(new Uri(_signaling.Metrics, "metrics"));
        Assert.Matches("meet_signaling_network_check_paths_total\\{[^}]*path=\"tunnel\"[^}]*\\} 1", metrics);
    }

    /// <summary>Nobody has to be in the meeting, so what it carries is little.</summary>
    [Fact]
    public async Task Send_MoreThanACheckNeeds_IsClosed()
    {
        var (_, check) = await OpenCheckAsync();
        using var tunnel = await OpenAsync(UrlOf(check));

        var acknowledged = 0;
        while (await SendAsync(tunnel, 4_096) is { } text)
        {
            acknowledged = int.Parse(text, CultureInfo.InvariantCulture);
        }

        Assert.Equal(WebSocketCloseStatus.PolicyViolation, tunnel.CloseStatus);
        Assert.InRange(acknowledged, CheckTunnel.MaxBytes, CheckTunnel.MaxBytes + 4_096);
    }

    [Fact]
    public async Task Receive_ClientAcknowledges_GetsDataUpToTheLimit()
    {
        var (_, check) = await OpenCheckAsync();
        using var tunnel = await OpenAsync(UrlOf(check));

        await SendTextAsync(tunnel, CheckTunnel.Receive);
        var received = 0;
        while (received < CheckTunnel.MaxBytesSent)
        {
            received += await ReceiveAsync(tunnel);
            await SendTextAsync(tunnel, received.ToString(CultureInfo.InvariantCulture));
        }

        await SendTextAsync(tunnel, CheckTunnel.Receive);
        Assert.Equal("10", await SendAsync(tunnel, 10)); // the next message, so no data was before it
    }

    /// <summary>Without this limit, data would still arrive after the check, and slow the line down.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("999999999")]
    [InlineData("65537")]
    [InlineData("-1")]
    [InlineData("much")]
    public async Task Receive_NothingOrMoreThanWasSentAcknowledged_GetsNoMoreThanTheWindow(string? acknowledgement)
    {
        var (_, check) = await OpenCheckAsync();
        using var tunnel = await OpenAsync(UrlOf(check));

        await SendTextAsync(tunnel, CheckTunnel.Receive);
        var received = 0;
        while (received < CheckTunnel.Window)
        {
            received += await ReceiveAsync(tunnel);
        }

        if (acknowledgement is not null)
        {
            await SendTextAsync(tunnel, acknowledgement);
        }

        Assert.Equal((CheckTunnel.Window, "10"), (received, await SendAsync(tunnel, 10)));
    }

    [Fact]
    public async Task Open_TunnelsDenied_NamesNoUrlAndIsRefused()
    {
        var (meeting, allowed) = await OpenCheckAsync();
        await _cluster.SetTunnelAsync(TunnelAccess.Denied);
        await Eventually.TrueAsync(() => _signaling.Service<Kubernetes.MeetingDirectory>().Find(meeting)?.AllowsTunnels(null, null) == false, "signaling knows it");

        var denied = await CheckAsync(meeting);

        Assert.True(denied.ContainsKey("tunnelUrl"), "a server of an earlier version says nothing");
        Assert.Null(denied["tunnelUrl"]);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(UrlOf(allowed)));
        await Problem.IsAsync(await RequestAsync(HttpMethod.Get, UrlOf(allowed).PathAndQuery), HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Open_WithoutRight_IsRejected()
    {
        var (_, check) = await OpenCheckAsync();
        var (other, _) = await OpenCheckAsync("198.51.100.8");
        var url = UrlOf(check);

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(url, from: "198.51.100.8"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(new UriBuilder(url) { Path = $"/meetings/{other}/tunnel" }.Uri));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(url, origin: "https://evil.example"));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await StatusAsync(url));
    }

    /// <summary>A browser does not tell why a WebSocket did not open, so its page asks without.</summary>
    [Fact]
    public async Task Open_WithoutUpgrade_SaysThatOnlyTheUpgradeIsMissing()
    {
        var (_, check) = await OpenCheckAsync();
        await Problem.IsAsync(await RequestAsync(HttpMethod.Get, UrlOf(check).PathAndQuery), HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task Open_MoreThanACheckMayHave_IsRejectedAndTakesNoPlaceOfCalls()
    {
        var (_, check) = await OpenCheckAsync();
        List<ClientWebSocket> tunnels = [];
        for (var i = 0; i < TunnelPlaces.MaxOfParticipant; i++)
        {
            tunnels.Add(await OpenAsync(UrlOf(check)));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await StatusAsync(UrlOf(check)));
        Assert.Equal((WebSocketState.Open, "10"), (tunnels[^1].State, await SendAsync(tunnels[^1], 10)));
        tunnels.ForEach(tunnel => tunnel.Dispose());
    }

    [Fact]
    public async Task Stop_Server_DoesNotWaitForTheTunnel()
    {
        var (_, check) = await OpenCheckAsync();
        using var tunnel = await OpenAsync(UrlOf(check));
        await SendAsync(tunnel, 10);

        var stopping = _signaling.StopAsync();

        Assert.NotNull(await Record.ExceptionAsync(() => tunnel.ReceiveAsync(new byte[10], default)));
        await stopping;
    }

    private static Uri UrlOf(JsonObject check) => new((string)check["tunnelUrl"]!);

    private async Task<(string Meeting, JsonObject Check)> OpenCheckAsync(string from = Caller)
    {
        var meeting = (await _signaling.CreateAsync()).MeetingId;
        return (meeting, await CheckAsync(meeting, from));
    }

    private async Task<JsonObject> CheckAsync(string meeting, string from = Caller)
    {
        var response = await RequestAsync(HttpMethod.Post, $"meetings/{meeting}/checks", new { }, from);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    private async Task<HttpResponseMessage> RequestAsync(HttpMethod method, string path, object? body = null, string from = Caller)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Forwarded-For", from);
        return await _signaling.Http.SendAsync(request);
    }

    private static async Task<ClientWebSocket> OpenAsync(Uri url, string from = Caller, string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("meet.v1");
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("X-Forwarded-For", from);
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await socket.ConnectAsync(url, default);
        }
        catch (WebSocketException)
        {
            // The caller reads the status.
        }

        return socket;
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri url, string from = Caller, string? origin = null)
    {
        using var socket = await OpenAsync(url, from, origin);
        return socket.HttpStatusCode;
    }

    /// <summary>Sends a message. Returns its acknowledgement, or null when the server closes.</summary>
    private static async Task<string?> SendAsync(ClientWebSocket tunnel, int bytes)
    {
        await tunnel.SendAsync(new byte[bytes], WebSocketMessageType.Binary, true, default);
        var buffer = new byte[32];
        var received = await tunnel.ReceiveAsync(buffer.AsMemory(), default);
        return received.MessageType == WebSocketMessageType.Text ? Encoding.UTF8.GetString(buffer, 0, received.Count) : null;
    }

    private static Task SendTextAsync(ClientWebSocket tunnel, string text) => tunnel.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    /// <summary>The number of bytes of the next piece of data.</summary>
    private static async Task<int> ReceiveAsync(ClientWebSocket tunnel)
    {
        var received = await tunnel.ReceiveAsync(new byte[8_192].AsMemory(), default);
        Assert.Equal(WebSocketMessageType.Binary, received.MessageType);
        return received.Count;
    }
}
