using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.Tests.Client;

/// <summary>Errors whose body never ends. A server that sent a status code has answered.</summary>
public sealed class ErrorBodyTests
{
    private static readonly NamespacedName Key = new("a", "p");

    [Fact]
    public async Task Error_BodyNeverEnds_ThrowsErrorAfterTimeout()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 500;
            await context.Response.WriteAsync("dial ");
            await context.Response.Body.FlushAsync();
            await ScriptedServer.HoldAsync(context);
        });
        using var client = new KubeClient(server.Config, new KubeClientOptions { RequestTimeout = TimeSpan.FromSeconds(2) });

        Assert.Equal(500, (await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Pod>(Key, default))).Code);
    }

    [Fact]
    public async Task Error_ConnectionEndsInTheBody_ThrowsTheError()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = SendAsync(listener);
        using var client = new KubeClient(new KubeConfig { Server = new Uri($"http://{listener.LocalEndpoint}") });

        Assert.Equal(404, (await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Pod>(Key, default))).Code);
        await sending;

        static async Task SendAsync(TcpListener listener)
        {
            using var connection = await listener.AcceptTcpClientAsync();
            await connection.GetStream().WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\nhalf"u8.ToArray());
        }
    }

    [Fact]
    public async Task Error_HugeBody_IsReadInPart()
    {
        const long Length = 1L << 28;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sending = SendAsync(listener);
        using var client = new KubeClient(new KubeConfig { Server = new Uri($"http://{listener.LocalEndpoint}") });

        Assert.Equal(404, (await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Pod>(Key, default))).Code);
        Assert.InRange(await sending, 0, Length / 4);

        // Returns how many bytes the socket accepts before the client closes the connection.
        static async Task<long> SendAsync(TcpListener listener)
        {
            using var connection = await listener.AcceptTcpClientAsync();
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 404 Not Found\r\nContent-Length: {Length}\r\n\r\n"));
            var sent = 0L;
            try
            {
                for (var filler = new byte[64 * 1024]; sent < Length; sent += filler.Length)
                {
                    await stream.WriteAsync(filler);
                }
            }
            catch (IOException)
            {
                // The client has closed the connection.
            }

            return sent;
        }
    }

    [Fact]
    public async Task ReadLogsAsync_LimitBytes_IsSent()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.Response.WriteAsync("line"));
        using var client = new KubeClient(server.Config);

        await using var log = await client.ReadLogsAsync(Key, new LogOptions { LimitBytes = 64 }, default);

        Assert.Equal("64", Assert.Single(server.Requests).Query["limitBytes"]);
    }
}
