using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>
/// A server process that ends with the test process, even if that is killed: a shell waits for the end of its standard input and then stops the server.
/// </summary>
internal sealed class Daemon : IDisposable
{
    private readonly Process _shell;

    private Daemon(Process shell, string folder)
    {
        _shell = shell;
        Folder = folder;
    }

    public string Folder { get; }

    public bool HasExited => _shell.HasExited;

    public string Log => File.Exists(Path.Combine(Folder, "log")) ? File.ReadAllText(Path.Combine(Folder, "log")) : string.Empty;

    private int Pid => int.Parse(File.ReadAllText(Path.Combine(Folder, "pid")), CultureInfo.InvariantCulture);

    /// <param name="command">A shell command that starts one program with <c>exec</c>.</param>
    /// <param name="folder">The working directory, in which the files <c>log</c> and <c>pid</c> are created.</param>
    /// <param name="stopSignal">The signal that stops the program. Redis can hang when it gets a second one while it stops.</param>
    public static Daemon Start(string command, string folder, string stopSignal = "TERM")
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c",
                $"exec 3<&0; {command} >>'{folder}/log' 2>&1 3<&- & child=$!; echo $child >'{folder}/pid'; "
                + $"(cat <&3 >/dev/null; kill -{stopSignal} $child 2>/dev/null) & watcher=$!; wait $child; code=$?; kill $watcher 2>/dev/null; exit $code",
            },
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        File.Delete(Path.Combine(folder, "pid"));
        return new Daemon(Process.Start(start)!, folder);
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

    /// <summary>Returns true if the process accepts connections on the port. Fails if the process has exited.</summary>
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
            Assert.False(_shell.HasExited, Log.Length > 0 ? Log : "the process ended");
            return false;
        }
    }

    /// <summary>Kills the process and its children with SIGKILL, like the kernel when memory is exhausted.</summary>
    public void Kill()
    {
        var main = Pid;
        foreach (var pid in (int[])[main, .. ChildrenOf(main)])
        {
            _ = kill(pid, 9);
        }

        _shell.WaitForExit();
    }

    /// <summary>Suspends the process until <see cref="Continue"/>. It still accepts connections but does not respond.</summary>
    public void Pause() => Assert.Equal(0, kill(Pid, 19));

    public void Continue() => Assert.Equal(0, kill(Pid, 18));

    /// <summary>Terminates the process with SIGTERM. Returns its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        Assert.Equal(0, kill(Pid, 15));
        await _shell.WaitForExitAsync();
        return _shell.ExitCode;
    }

    public void Stop()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
    }

    public void Dispose()
    {
        Stop();
        _shell.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static IEnumerable<int> ChildrenOf(int parent) =>
        Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Where(pid =>
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return false;
            }
        });

    [DllImport("libc")]
    private static extern int kill(int pid, int signal);
}
