using System.Diagnostics;
using System.Globalization;

namespace MeetOperator.Turn.Coturn;

/// <summary>The process of coturn that runs. Thread-safe.</summary>
internal sealed class RunningCoturn
{
    private const int SignalOfReload = 12; // SIGUSR2
    private volatile int _id;

    /// <summary>The process ID; 0 before the start.</summary>
    public int ProcessId
    {
        get => _id;
        set => _id = value;
    }

    /// <summary>Makes coturn read its certificate again. Returns false if it does not handle the signal for that yet: while it starts, the signal would end it.</summary>
    public bool TryReloadCertificate()
    {
        if (_id == 0 || !Handles(SignalOfReload))
        {
            return false;
        }

        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -s USR2 {_id}")]));
        kill!.WaitForExit();
        return kill.ExitCode == 0;
    }

    private bool Handles(int signal)
    {
        try
        {
            var caught = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_id}/status")).FirstOrDefault(line => line.StartsWith("SigCgt:", StringComparison.Ordinal));
            return caught is not null && (ulong.Parse(caught.AsSpan("SigCgt:".Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & (1UL << (signal - 1))) != 0;
        }
        catch (IOException)
        {
            return false; // coturn has ended, and this process ends with it.
        }
    }
}
