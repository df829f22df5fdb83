using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Settings;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Benching;

/// <summary>
/// <c>--bench PORT</c>: serves the part of the control API that <c>tests/bench/media</c> uses, with the production loops, rooms and sessions. Listens on loopback without
/// authentication. For benchmarks against other media servers only.
/// </summary>
internal static class BenchServer
{
    private const string Room = "bench";

    public static async Task<int> RunAsync(string portText, ILoggerFactory loggers)
    {
        if (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
        {
            await Console.Error.WriteLineAsync($"--bench '{portText}': expected a TCP port from 1 to 65535.");
            return 2;
        }

        IReadOnlyList<IPAddress> addresses = Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        using var node = new MediaNodeHost(
            new NodeOptions
            {
                Name = "bench",
                Credentials = null,
                ControlAddress = new IPEndPoint(IPAddress.Loopback, port),
                UdpPorts = [0],
                TcpPort = port == 65535 ? null : port + 1,
                AdvertisedAddresses = addresses,
                BindAddresses = addresses,
                MaxParticipants = 10_000,
            },
            loggers,
            TimeProvider.System);
        await node.WarmUpAsync(CancellationToken.None);
        await node.Rooms.PutAsync(Room, new RoomSpec { Generation = 1, MaxParticipants = 10_000 }, CancellationToken.None);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(node.Options.ControlAddress));
        builder.Services.AddProblemDetails().AddExceptionHandler<ProblemHandler>();
        await using var app = builder.Build();
        app.UseExceptionHandler();
        app.MapPost("/bench/ping", () => "{}");
        ControlEndpoints.MapParticipants(app.MapGroup("/v1"), node.Rooms, node.Sdp, node.Checks, _ => true);
        app.MapPost("/bench/allocations", async (HttpContext c) =>
        {
            var loop = node.Loops[0];
            var (bytes, packets, messages) = await loop.RunAsync(
                () => (GC.GetAllocatedBytesForCurrentThread(), loop.Egress.SentDatagrams, loop.Egress.SentMessages), c.RequestAborted);
            await ControlJson.WriteAsync(c, 200, new { bytes, packets, messages });
        });
        await app.RunAsync();
        return 0;
    }
}
