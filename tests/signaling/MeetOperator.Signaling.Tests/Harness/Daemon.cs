using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Signaling.Tests;

/// <summary>A server process that ends with this one, even when this one is killed: a shell waits for the end of its input and then stops it.</summary>
internal sealed class Daemon : IDisposable
{
    private readonly Process shell;

    private Daemon(Process shell, string folder)
    {
        this.shell = shell;
        Folder = folder;
    }

    public string Folder { get; }

    public static Daemon Start(string command, string folder)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"{command} >'{folder}/log' 2>&1 & child=$!; cat >/dev/null; kill -INT $child; wait $child" },
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        return new Daemon(Process.Start(start)!, folder);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static string NewFolder(string name)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"meet-{name}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    public static void Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", command }, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {output.Result} {error}");
    }

    /// <summary>Waits until the process takes connections.</summary>
    public async Task<bool> AcceptsAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            Assert.False(shell.HasExited, File.Exists(Path.Combine(Folder, "log")) ? File.ReadAllText(Path.Combine(Folder, "log")) : "the process ended");
            return false;
        }
    }

    public void Stop()
    {
        shell.StandardInput.Close();
        shell.WaitForExit();
    }

    public void Dispose()
    {
        Stop();
        shell.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
