using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Authorization of the control API, and replacement of credentials at run time.</summary>
public sealed class ControlSecurityTests : IAsyncLifetime
{
    private static readonly string Host = ControlNames.OfNode(TestNode.Namespace, TestNode.Name);
    private TestNode _node = null!;

    public async Task InitializeAsync() => _node = await TestNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Signaling_OperatorRequest_IsForbidden()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var http = TestNode.Authority.Http(ControlRole.Signaling);
        var signaling = new NodeControlClient(http, _node.Address, Host);

        await AssertProblemAsync(HttpStatusCode.Forbidden, () => signaling.GetNodeAsync(default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => signaling.DrainAsync(true, default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => signaling.CallAsync(default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => signaling.PutRoomAsync("r", new RoomSpec { Generation = 9 }, default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => signaling.DeleteRoomAsync("r", 9, default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => signaling.PutCredentialsAsync(TestNode.Authority.Node(TestNode.Namespace, TestNode.Name), default));
        Assert.Equal(1, (await signaling.GetRoomAsync("r", default)).Generation);
        await signaling.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default);
    }

    [Fact]
    public async Task Operator_SignalingRequest_IsForbidden()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var http = TestNode.Authority.Http(ControlRole.Operator);
        var byOperator = new NodeControlClient(http, _node.Address, Host);

        await AssertProblemAsync(HttpStatusCode.Forbidden, () => byOperator.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => byOperator.PublishAsync("r", "p", new SdpOffer { Generation = 1, Sdp = "v=0" }, default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, async () =>
        {
            await foreach (var _ in byOperator.WatchRoomAsync("r", default))
            {
            }
        });
        Assert.Equal(1, (await byOperator.GetRoomAsync("r", default)).Generation);
    }

    [Fact]
    public async Task Client_WithoutCertificate_CanOnlyReadHealth()
    {
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } });

        foreach (var open in (string[])["healthz", "readyz"])
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(_node.Address, open))).StatusCode);
        }

        foreach (var closed in (string[])["metrics", "v1/node", "v1/rooms/r", "v1/rooms/r/events"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri(_node.Address, closed))).StatusCode);
        }
    }

    [Fact]
    public async Task Prometheus_AnyRequest_CanOnlyReadMetrics()
    {
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var http = TestNode.Authority.Http(ControlRole.Metrics);
        http.DefaultRequestHeaders.Host = Host;
        var prometheus = new NodeControlClient(http, _node.Address, Host);

        Assert.Contains("meet_node_rooms 1", await http.GetStringAsync(new Uri(_node.Address, "metrics")), StringComparison.Ordinal);
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => prometheus.GetNodeAsync(default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => prometheus.GetRoomAsync("r", default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => prometheus.DeleteRoomAsync("r", 9, default));
        await AssertProblemAsync(HttpStatusCode.Forbidden, () => prometheus.PutParticipantAsync("r", "p", new ParticipantSpec { Generation = 1 }, default));
        using var signaling = TestNode.Authority.Http(ControlRole.Signaling);
        signaling.DefaultRequestHeaders.Host = Host;
        Assert.Equal(HttpStatusCode.Forbidden, (await signaling.GetAsync(new Uri(_node.Address, "metrics"))).StatusCode);
    }

    public static TheoryData<string> Untrusted => ["other installation", "expired", "unknown name", "node certificate", "client certificate with a node name"];

    [Theory]
    [MemberData(nameof(Untrusted))]
    public async Task Client_WithUntrustedCertificate_IsUnauthorized(string certificate)
    {
        using var other = new TestAuthority();
        var shown = certificate switch
        {
            "other installation" => other.Caller(ControlRole.Operator),
            "expired" => TestNode.Authority.Caller(ControlRole.Operator, TimeSpan.FromMinutes(-1)),
            "unknown name" => TestNode.Authority.Caller("operator.control.example.com"),
            "node certificate" => TestNode.Authority.Node(TestNode.Namespace, TestNode.Name),
            _ => TestNode.Authority.Caller(ControlNames.OfNode("operator", "control")),
        };
        using var http = TestAuthority.Http(TestAuthority.Read(shown with { Authorities = TestNode.Authority.CertificatePem }));

        await AssertProblemAsync(HttpStatusCode.Unauthorized, () => new NodeControlClient(http, _node.Address, Host).GetNodeAsync(default));
    }

    /// <summary>A certificate stolen from one node must not work for another node.</summary>
    [Fact]
    public async Task Node_WithAnotherNodesCertificate_IsRejectedByClient()
    {
        using var http = TestNode.Authority.Http(ControlRole.Operator);

        foreach (var name in (string[])[ControlNames.OfNode(TestNode.Namespace, "other"), ControlNames.OfNode("other", TestNode.Name)])
        {
            var problem = await Assert.ThrowsAsync<HttpRequestException>(() => new NodeControlClient(http, _node.Address, name).GetNodeAsync(default));
            Assert.IsType<AuthenticationException>(problem.InnerException);
        }
    }

    [Fact]
    public async Task Node_OfAnotherInstallation_IsRejectedByClient()
    {
        using var other = new TestAuthority();
        using var http = other.Http(ControlRole.Operator);

        var problem = await Assert.ThrowsAsync<HttpRequestException>(() => new NodeControlClient(http, _node.Address, Host).GetNodeAsync(default));
        Assert.IsType<AuthenticationException>(problem.InnerException);
    }

    [Fact]
    public async Task Request_OverPlainHttp_Fails()
    {
        using var http = new HttpClient();
        var plain = new UriBuilder(_node.Address) { Scheme = "http" }.Uri;

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri(plain, "healthz")));
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri(plain, "v1/node")));
    }

    /// <summary>Kubelet builds for FIPS 140 support TLS 1.2 at most.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task HealthRequest_WithTls12OrTls13_Succeeds(SslProtocols version)
    {
        using var kubelet = Speaking(version);

        Assert.Equal(HttpStatusCode.OK, (await kubelet.GetAsync(new Uri(_node.Address, "healthz"))).StatusCode);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, typeof(HttpRequestException))]
    [InlineData(SslProtocols.Tls13, typeof(NodeControlException))]
    public async Task Client_NodeWithTls12Only_FailsTheHandshake(SslProtocols version, Type outcome)
    {
        var credentials = TestAuthority.Read(TestNode.Authority.Node(TestNode.Namespace, TestNode.Name));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var connection = await listener.AcceptTcpClientAsync();
            await using var tls = new SslStream(connection.GetStream());
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = credentials.Context, EnabledSslProtocols = version });
            await tls.ReadAtLeastAsync(new byte[4096], 1);
            await tls.WriteAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });
        using var http = TestNode.Authority.Http(ControlRole.Operator);

        await Assert.ThrowsAsync(outcome, () => new NodeControlClient(http, new Uri($"https://{listener.LocalEndpoint}/"), Host).GetNodeAsync(default));
        Assert.Equal(version == SslProtocols.Tls12, await Record.ExceptionAsync(() => serving) is AuthenticationException);
    }

    private static HttpClient Speaking(SslProtocols version) =>
        new(new SocketsHttpHandler { SslOptions = { EnabledSslProtocols = version, RemoteCertificateValidationCallback = (_, _, _, _) => true } });

    /// <summary>Rotates the authority under load. Each side trusts both authorities before the other side uses the new one.</summary>
    [Fact]
    public async Task Credentials_ReplacedUnderLoad_NoRequestFails()
    {
        using var next = new TestAuthority();
        var both = TestNode.Authority.CertificatePem + "\n" + next.CertificatePem;
        var caller = TestAuthority.Read(TestNode.Authority.Caller(ControlRole.Operator) with { Authorities = both });
        using var http = TestAuthority.Http(() => caller);
        var byOperator = new NodeControlClient(http, _node.Address, Host);
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var load = Enumerable.Range(0, 3).Select(worker => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                // One worker keeps its connection; the others open a new one for every request.
                using var fresh = TestAuthority.Http(() => caller);
                await (worker == 0 ? byOperator : new NodeControlClient(fresh, _node.Address, Host)).GetNodeAsync(default);
                Interlocked.Increment(ref calls);
            }
        })).ToArray();
        async Task RequestsContinueAsync()
        {
            var before = Volatile.Read(ref calls);
            await SyntheticPeer.UntilTrueAsync("requests continue", () => Task.FromResult(load.Any(worker => worker.IsFaulted) || Volatile.Read(ref calls) >= before + 6));
        }

        await RequestsContinueAsync();
        await byOperator.PutCredentialsAsync(TestNode.Authority.Node(TestNode.Namespace, TestNode.Name) with { Authorities = both }, default);
        await RequestsContinueAsync();
        caller = TestAuthority.Read(next.Caller(ControlRole.Operator) with { Authorities = both });
        await RequestsContinueAsync();
        await new NodeControlClient(next.Http(ControlRole.Operator, both), _node.Address, Host).PutCredentialsAsync(next.Node(TestNode.Namespace, TestNode.Name) with { Authorities = both }, default);
        await RequestsContinueAsync();
        var report = await byOperator.GetNodeAsync(default);
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal(2, report.Credentials!.Authorities.Count);
        Assert.Equal(TestAuthority.Read(next.Node(TestNode.Namespace, TestNode.Name)).Certificate.Issuer, report.Credentials.Issuer);
    }

    [Fact]
    public async Task Authority_Removed_RejectsItsClientsOnOpenConnections()
    {
        using var next = new TestAuthority();
        var both = TestNode.Authority.CertificatePem + "\n" + next.CertificatePem;
        using var http = TestNode.Authority.Http(ControlRole.Operator, both);
        var former = new NodeControlClient(http, _node.Address, Host);
        await former.PutCredentialsAsync(next.Node(TestNode.Namespace, TestNode.Name) with { Authorities = both }, default);
        await former.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var reading = TestNode.Authority.Http(ControlRole.Signaling, both);
        await using var events = new NodeControlClient(reading, _node.Address, Host).WatchRoomAsync("r", default).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());

        using var present = next.Http(ControlRole.Operator, both);
        await new NodeControlClient(present, _node.Address, Host).PutCredentialsAsync(next.Node(TestNode.Namespace, TestNode.Name), default);

        await AssertProblemAsync(HttpStatusCode.Unauthorized, () => former.GetNodeAsync(default));
        Assert.False(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1)));
    }

    public static TheoryData<string> Unusable => ["another node's name", "does not trust the sender", "expired", "untrusted issuer", "no PEM"];

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task Credentials_Unusable_AreRejectedAndTheCurrentOnesStay(string defect)
    {
        using var other = new TestAuthority();
        var good = TestNode.Authority.Node(TestNode.Namespace, TestNode.Name);
        var pushed = defect switch
        {
            "another node's name" => TestNode.Authority.Node(TestNode.Namespace, "other"),
            "does not trust the sender" => other.Node(TestNode.Namespace, TestNode.Name),
            "expired" => TestNode.Authority.Node(TestNode.Namespace, TestNode.Name, TimeSpan.FromMinutes(-1)),
            "untrusted issuer" => other.Node(TestNode.Namespace, TestNode.Name) with { Authorities = TestNode.Authority.CertificatePem },
            _ => good with { Key = "no key" },
        };

        await AssertProblemAsync(HttpStatusCode.BadRequest, () => _node.Control.PutCredentialsAsync(pushed, default));

        Assert.Equal(TestNode.Name, (await _node.Control.GetNodeAsync(default)).Node);
    }

    private static async Task AssertProblemAsync(HttpStatusCode status, Func<Task> call) => Assert.Equal(status, (await Assert.ThrowsAsync<NodeControlException>(call)).Status);
}
