namespace MeetOperator.Kube.ProcessRuntime.Processes;

/// <summary>
/// Finds processes that an earlier runtime with the same folder left behind, such as grandchildren after a SIGKILL. Each child has
/// <see cref="MarkerVariable"/> in its environment, which its descendants inherit.
/// </summary>
internal static class OrphanedProcesses
{
    public const string MarkerVariable = "KUBE_PROCESS_RUNTIME";

    public static IReadOnlyList<int> Find(string folder)
    {
        var marker = System.Text.Encoding.UTF8.GetBytes($"{MarkerVariable}={folder}\0");
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out var pid) && pid != Environment.ProcessId && HasMarker(directory, marker))
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
                // The process has already ended, or it belongs to another user.
                continue;
            }
        }
    }

    private static bool HasMarker(string directory, byte[] marker)
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
