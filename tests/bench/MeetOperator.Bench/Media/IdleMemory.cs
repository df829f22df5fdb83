using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Bench.Media;

/// <summary>Resident memory of a media node that is set up as in production, is ready, and has no room.</summary>
internal static class IdleMemory
{
    /// <summary>In MiB.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly)
    {
        var (control, media) = (FreePort(ProtocolType.Tcp), FreePort(ProtocolType.Udp));
        var start = new ProcessStartInfo(Environment.ProcessPath ?? "dotnet", [nodeAssembly]) { RedirectStandardOutput = true };
        start.Environment["MEET_NODE_NAME"] = "idle";
        start.Environment["MEET_NODE_TOKEN"] = "bench-token-0123456789";
        start.Environment["MEET_CONTROL_ADDRESS"] = $"127.0.0.1:{control}";
        start.Environment["MEET_UDP_PORTS"] = $"{media}";
        start.Environment["MEET_ADVERTISED_ADDRESSES"] = "127.0.0.1";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The media node did not start.");
        try
        {
            using var http = new HttpClient();
            for (var i = 0; i < 300 && !await IsReadyAsync(http, control).ConfigureAwait(false); i++)
            {
                await Task.Delay(100).ConfigureAwait(false);
            }

            await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
            process.Refresh();
            return process.WorkingSet64 / 1048576.0;
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, int port)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/readyz")).ConfigureAwait(false);
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
