using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>
/// Kestrel on one loopback port that accepts HTTP and HTTPS: kubectl sends its token over TLS only, while local clients
/// avoid the cost of encryption. The first byte of a connection distinguishes the two.
/// </summary>
internal static class LoopbackHost
{
    private const byte TlsHandshake = 0x16;

    public static WebApplication Build(int port, X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // RequestBody limits the size. With a limit here, Kestrel would close the connection while the client still sends, and the client would see a reset instead of the answer.
            // Without one, Kestrel reads and discards the rest for some seconds after the answer.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 1 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 512 * 1024;
            kestrel.Listen(IPAddress.Loopback, port, listen => Configure(listen, certificate));
        });
        return builder.Build();
    }

    public static Uri AddressOf(WebApplication application) =>
        new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("https://", "http://", StringComparison.Ordinal));

    private static void Configure(ListenOptions listen, X509Certificate2 certificate)
    {
        ConnectionDelegate? plain = null;
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.Use(encrypted => async connection =>
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync();
            if (read.Buffer.IsEmpty)
            {
                input.AdvanceTo(read.Buffer.Start);
                return;
            }

            var isTls = read.Buffer.FirstSpan[0] == TlsHandshake;
            input.AdvanceTo(read.Buffer.Start);
            await (isTls ? encrypted : plain!)(connection);
        });
        listen.UseHttps(certificate);
        listen.Use(next => plain = next);
    }
}
