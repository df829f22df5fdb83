using System.Diagnostics;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// A child in a session of its own (a Ctrl-C in the terminal reaches only the parent, and the whole group can be signalled),
/// which the kernel kills when the parent dies (<c>setpriv --pdeathsig</c>).
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    // By full path: the child's own PATH must not decide who starts it.
    private const string SetSid = "/usr/bin/setsid";
    private const string SetPriv = "/usr/bin/setpriv";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;
    public Stream Output => _process.StandardOutput.BaseStream;
    public Stream Error => _process.StandardError.BaseStream;

    /// <summary>Throws <see cref="System.ComponentModel.Win32Exception"/> when the program cannot be started.</summary>
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

    /// <summary>Completes with the exit code; 128 + n when signal n ended it.</summary>
    public async Task<int> WaitAsync(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM to the child itself, as the kubelet does to a container's first process.</summary>
    public Task TerminateAsync() => SignalAsync("TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>SIGKILL to the whole group: what the child started goes too.</summary>
    public Task KillGroupAsync() => SignalAsync("KILL", $"-{_process.Id}");

    public void Dispose() => _process.Dispose();

    // The shell's own kill is always there; a target that is already gone is what was wanted.
    private static async Task SignalAsync(string signal, string target)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", $"kill -s {signal} -- {target} 2>/dev/null || :" } })
            ?? throw new InvalidOperationException("/bin/sh did not start");
        await kill.WaitForExitAsync().ConfigureAwait(false);
    }
}
