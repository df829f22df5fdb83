using System.Diagnostics;

namespace MeetOperator.Kube.ProcessRuntime.Processes;

/// <summary>
/// A child process in its own session, so that a Ctrl-C in the terminal reaches only the parent and signals can target the whole group.
/// The kernel kills it when the parent dies (<c>setpriv --pdeathsig</c>).
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    // Full paths, because the PATH of the child must not affect which program starts it.
    private const string SetSid = "/usr/bin/setsid";
    private const string SetPriv = "/usr/bin/setpriv";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;
    public Stream Output => _process.StandardOutput.BaseStream;
    public Stream Error => _process.StandardError.BaseStream;

    /// <summary>Starts a child. Throws <see cref="System.ComponentModel.Win32Exception"/> if the program cannot be started.</summary>
    public static Task<ChildProcess> StartAsync(SpawnThread thread, ProcessCommand command) => thread.RunAsync(() =>
    {
        var info = new ProcessStartInfo(SetSid)
        {
            WorkingDirectory = command.WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var word in (string[])[SetPriv, "--pdeathsig", "KILL", "--", .. command.Arguments])
        {
            info.ArgumentList.Add(word);
        }

        info.Environment.Clear();
        foreach (var (name, value) in command.Environment)
        {
            info.Environment[name] = value;
        }

        var process = Process.Start(info) ?? throw new InvalidOperationException("setsid did not start");
        process.StandardInput.Close();
        return new ChildProcess(process);
    });

    /// <summary>Waits for the exit code; 128 + n if signal n ended the process.</summary>
    public async Task<int> WaitAsync(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGTERM to the child only, like the kubelet to the first process of a container.</summary>
    public Task TerminateAsync() => SignalAsync("TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Sends SIGKILL to the whole group, which includes the descendants of the child.</summary>
    public Task KillGroupAsync() => SignalAsync("KILL", $"-{_process.Id}");

    public void Dispose() => _process.Dispose();

    // The kill builtin of the shell is always available. A target that no longer exists is not an error.
    private static async Task SignalAsync(string signal, string target)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"kill -s {signal} -- {target} 2>/dev/null || :" } })
            ?? throw new InvalidOperationException("/bin/sh did not start");
        await kill.WaitForExitAsync().ConfigureAwait(false);
    }
}
