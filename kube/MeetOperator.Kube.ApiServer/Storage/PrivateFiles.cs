using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Creates directories and files that only the current user can read, on systems with file modes.</summary>
internal static class PrivateFiles
{
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>
    /// Flushes the directory entries to disk, which flushing a file does not guarantee. .NET cannot open directories, so this runs <c>sync</c> of coreutils.
    /// </summary>
    public static void FlushDirectory(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            using var sync = Process.Start(new ProcessStartInfo("sync", [path]) { RedirectStandardError = true })!;
            var error = sync.StandardError.ReadToEnd();
            sync.WaitForExit();
            if (sync.ExitCode != 0)
            {
                throw new IOException($"the directory {path} cannot be flushed to disk: {error.Trim()}");
            }
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"the directory {path} cannot be flushed to disk: the program 'sync' of coreutils is missing", missing);
        }
    }

    public static void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
