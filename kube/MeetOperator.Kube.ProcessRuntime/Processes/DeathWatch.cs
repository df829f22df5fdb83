using System.Diagnostics;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// A small shell that outlives the runtime by a moment: when the runtime dies in any way, its end of the pipe closes, and the shell kills
/// everything that carries this run's mark in its environment. Children die with their parent already; this is for what they had started.
/// </summary>
internal sealed class DeathWatch : IDisposable
{
    /// <summary>Names the run in the environment of each child; the next run of the same folder has another.</summary>
    public const string RunVariable = "KUBE_PROCESS_RUNTIME_RUN";

    // Twice without a find, because what is being started while the list is read is not in it.
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

    private DeathWatch(Process shell) => _shell = shell;

    public static DeathWatch Start(string run)
    {
        var info = new ProcessStartInfo("/usr/bin/setsid") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var word in (string[])["/bin/sh", "-c", Script, $"{RunVariable}={run}"])
        {
            info.ArgumentList.Add(word);
        }

        info.Environment.Remove(RunVariable);
        return new DeathWatch(Process.Start(info) ?? throw new InvalidOperationException("setsid did not start"));
    }

    /// <summary>Closes the pipe: what still runs is killed, and the shell ends.</summary>
    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.Dispose();
    }
}
