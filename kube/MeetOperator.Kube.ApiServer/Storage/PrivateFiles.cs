using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Folders and files that only this user may read, where the system has such modes.</summary>
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
    /// Returns when the names in a folder are on disk; a file's own flush does not promise that. .NET opens no folders, so coreutils' <c>sync</c> does it.
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
            var reason = sync.StandardError.ReadToEnd();
            sync.WaitForExit();
            if (sync.ExitCode != 0)
            {
                throw new IOException($"the folder {path} cannot be written to disk: {reason.Trim()}");
            }
        }
        catch (Win32Exception missing)
        {
            throw new IOException($"the folder {path} cannot be written to disk: the program 'sync' of coreutils is missing", missing);
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
