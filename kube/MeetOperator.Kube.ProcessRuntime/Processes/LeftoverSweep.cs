namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// Finds processes that an earlier runtime of the same folder left behind (grandchildren, when it was killed with SIGKILL): each child
/// carries <see cref="MarkerVariable"/> in its environment, and so does everything that it starts.
/// </summary>
internal static class LeftoverSweep
{
    public const string MarkerVariable = "KUBE_PROCESS_RUNTIME";

    public static IReadOnlyList<int> Find(string folder)
    {
        var marker = System.Text.Encoding.UTF8.GetBytes($"{MarkerVariable}={folder}\0");
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out var pid) && pid != Environment.ProcessId && Carries(directory, marker))
            {
                found.Add(pid);
            }
        }

        return found;
    }

    public static void Kill(string folder)
    {
        foreach (var pid in Find(folder))
        {
            try
            {
                using var process = System.Diagnostics.Process.GetProcessById(pid);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // Gone between the look and the kill, or another user's: neither is ours to kill.
                continue;
            }
        }
    }

    private static bool Carries(string directory, byte[] marker)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(directory, "environ")).AsSpan().IndexOf(marker) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
