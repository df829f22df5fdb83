using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.ProcessRuntime.Probes;

/// <summary>Runs one probe. It succeeds if an HTTP GET returns 200–399, a TCP connection opens, or a command exits with 0.</summary>
internal sealed class ProbeAction(SpawnThread spawn)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        // Like the kubelet, probes check only whether the server responds, not its certificate. .NET builds the certificate chain all the same. With this policy, it loads
        // no root certificates of the system and downloads no certificates from URLs in the server's certificate.
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
        },
    });

    public async Task<bool> TryAsync(Probe probe, Container container, string podIp, ContainerPlan plan, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            return probe switch
            {
                { HttpGet: { } get } => await GetAsync(get, container, podIp, limit.Token).ConfigureAwait(false),
                { TcpSocket: { } tcp } => await ConnectAsync(tcp, container, podIp, limit.Token).ConfigureAwait(false),
                { Exec: { } exec } => await RunAsync(exec, plan, limit.Token).ConfigureAwait(false),
                _ => false,
            };
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            ct.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>The port number. A name is looked up in the ports of the container; an unknown name gives 0, so the probe fails.</summary>
    internal static int PortOf(IntOrString port, Container container) =>
        port.Text is null ? port.Number
        : int.TryParse(port.Text, out var number) ? number
        : container.Ports?.FirstOrDefault(p => p.Name == port.Text)?.Port ?? 0;

    private static async Task<bool> GetAsync(HttpGetAction get, Container container, string podIp, CancellationToken ct)
    {
        var scheme = string.Equals(get.Scheme, "HTTPS", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        var path = get.Path is { Length: > 0 } p ? (p[0] == '/' ? p : "/" + p) : "/";
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://{get.Host ?? podIp}:{PortOf(get.Port, container)}{path}");
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.32");
        foreach (var header in get.HttpHeaders ?? [])
        {
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        return (int)response.StatusCode is >= 200 and < 400;
    }

    private static async Task<bool> ConnectAsync(TcpSocketAction tcp, Container container, string podIp, CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(tcp.Host ?? podIp, PortOf(tcp.Port, container), ct).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> RunAsync(ExecAction exec, ContainerPlan plan, CancellationToken ct)
    {
        using var child = await ChildProcess.StartAsync(spawn, plan.Command with { Arguments = [.. exec.Command ?? []] }).ConfigureAwait(false);
        try
        {
            var output = Task.WhenAll(child.Output.CopyToAsync(Stream.Null, ct), child.Error.CopyToAsync(Stream.Null, ct));
            var code = await child.WaitAsync(ct).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            return code == 0;
        }
        finally
        {
            await child.KillGroupAsync().ConfigureAwait(false);
        }
    }
}
