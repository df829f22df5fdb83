using System.Text;

namespace MeetOperator.Kube.ProcessRuntime.Logs;

/// <summary>Reads complete lines of a file that a writer appends to and rotates.</summary>
internal sealed class LogTail(string path) : IDisposable
{
    private readonly List<byte> _partial = [];
    private FileStream? _file;

    /// <summary>The new lines since the last call; empty if the file does not exist yet.</summary>
    public IReadOnlyList<LogLine> ReadNew()
    {
        var lines = new List<LogLine>();
        while (true)
        {
            _file ??= TryOpen();
            if (_file is null)
            {
                return lines;
            }

            ReadRest(_file, lines);

            // After a rotation the open file is fully read, and the path refers to another file.
            if (!File.Exists(path) || new FileInfo(path).Length >= _file.Position)
            {
                return lines;
            }

            _file.Dispose();
            _file = null;
        }
    }

    public void Dispose() => _file?.Dispose();

    private FileStream? TryOpen()
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void ReadRest(FileStream file, List<LogLine> lines)
    {
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            foreach (var value in buffer.AsSpan(0, read))
            {
                if (value != (byte)'\n')
                {
                    _partial.Add(value);
                    continue;
                }

                if (LogLine.TryParse(Encoding.UTF8.GetString([.. _partial]), out var line))
                {
                    lines.Add(line);
                }

                _partial.Clear();
            }
        }
    }
}
