using System.Diagnostics;

namespace MeetOperator.Kube.ProcessRuntime.Processes;

/// <summary>
/// A small shell that briefly outlives the runtime. When the runtime ends for any reason, its end of the pipe closes, and the shell kills
/// every process with the marker of this run in its environment. The kernel already kills the children; this covers their descendants.
/// </summary>
internal sealed class ExitWatcher : IDisposable
{
    /// <summary>Environment variable with the ID of the run; each run with the same folder has another ID.</summary>
    public const string RunVariable = "KUBE_PROCESS_RUNTIME_RUN";

    // Repeat until two passes find nothing, because a pass misses processes that start while it reads the list.
    private const string Script =
        """
        read -r _
        clean=0
        while [ "$clean" -lt 2 ]; do
          clean=$((clean + 1))
          for found in $(grep -lszxF -- "$0" /proc/[0-9]*/environ); do
            pid=${found#/proc/}
            kill -s KILL "${pid%/environ}" 2>/dev/null && clean=0
          done
        done
        """;

    private readonly Process _shell;

    private ExitWatcher(Process shell) => _shell = shell;

    public static ExitWatcher Start(string run)
    {
        var info = new ProcessStartInfo("/usr/bin/setsid") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var word in (string[])["/bin/sh", "-c", Script, $"{RunVariable}={run}"])
        {
            info.ArgumentList.Add(word);
        }

        info.Environment.Remove(RunVariable);
        return new ExitWatcher(Process.Start(info) ?? throw new InvalidOperationException("setsid did not start"));
    }

    /// <summary>Closes the pipe, so that the shell kills the remaining processes and exits.</summary>
    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.Dispose();
    }
}
