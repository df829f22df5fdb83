using System.Text;

namespace MeetOperator.Kube.ProcessRuntime.Logs;

/// <summary>
/// Writes the output of a container to a file and rotates it at the size limit; one older file is kept (<c>.1</c>).
/// Lines longer than <see cref="LongestLine"/> are split. Thread-safe, so both streams may write concurrently.
/// </summary>
internal sealed class ContainerLog(string path, long limitBytes, TimeProvider time) : IDisposable
{
    public const int LongestLine = 16 * 1024;

    private readonly Lock _gate = new();
    private FileStream? _file;

    /// <summary>Copies <paramref name="stream"/> until it ends.</summary>
    public async Task PumpAsync(Stream stream, string name)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var buffer = new char[4096];
        var line = new StringBuilder();
        int read;
        while ((read = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            for (var i = 0; i < read; i++)
            {
                if (buffer[i] != '\n')
                {
                    line.Append(buffer[i]);
                }

                if (buffer[i] == '\n' || line.Length == LongestLine)
                {
                    Write(name, line.ToString());
                    line.Clear();
                }
            }
        }

        if (line.Length > 0)
        {
            Write(name, line.ToString());
        }
    }

    /// <summary>Renames the log of the previous run, for <c>logs --previous</c>.</summary>
    public static void StartNewRun(string path)
    {
        if (File.Exists(path))
        {
            File.Move(path, PreviousOf(path), overwrite: true);
            File.Delete(OlderOf(path));
        }
    }

    public static string PreviousOf(string path) => path + ".previous";

    public static string OlderOf(string path) => path + ".1";

    public void Write(string stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(new LogLine(time.GetUtcNow(), stream, text.TrimEnd('\r')).Format() + "\n");
        lock (_gate)
        {
            _file ??= Open();
            if (_file.Length > 0 && _file.Length + bytes.Length > limitBytes)
            {
                _file.Dispose();
                File.Move(path, OlderOf(path), overwrite: true);
                _file = Open();
            }

            _file.Write(bytes);
            _file.Flush();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }
}
