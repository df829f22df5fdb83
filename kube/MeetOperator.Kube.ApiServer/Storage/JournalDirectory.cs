using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// The files of a store: <c>lock</c>, <c>snapshot-&lt;version&gt;</c>, and <c>log-&lt;version&gt;</c>, where a log contains the changes after its
/// version. A file is deleted only after a newer complete snapshot covers it and the directory entry of that snapshot is on disk.
/// </summary>
internal sealed partial class JournalDirectory : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly ILogger _logger;
    private readonly Action<string> _flushFolder;

    private JournalDirectory(string path, FileStream lockFile, ILogger logger, Action<string> flushFolder)
    {
        _path = path;
        _lock = lockFile;
        _logger = logger;
        _flushFolder = flushFolder;
    }

    public static JournalDirectory Open(string path, ILogger logger, Action<string>? flushFolder = null)
    {
        PrivateFiles.CreateDirectory(path);
        try
        {
            var lockFile = new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new JournalDirectory(path, lockFile, logger, flushFolder ?? PrivateFiles.FlushDirectory);
        }
        catch (IOException e)
        {
            throw new IOException($"The data directory {path} is in use by another process. Stop that process first, or choose another directory.", e);
        }
    }

    /// <summary>
    /// Reads the newest snapshot and the logs after it, and replaces them with one snapshot, so that frequent restarts do not grow the store.
    /// </summary>
    /// <exception cref="DamagedStoreException">A file is corrupt. No file was changed.</exception>
    public LoadedObjects Load()
    {
        var loaded = new LoadedObjects();
        var from = 0L;
        if (Files("snapshot-").OrderByDescending(f => f.Version).FirstOrDefault() is { File: { } snapshot } newest)
        {
            JournalFile.ReadSnapshot(snapshot, loaded);
            from = newest.Version;
        }

        var changes = loaded.Changes;
        var logs = Files("log-").Where(f => f.Version >= from).OrderBy(f => f.Version).ToList();
        foreach (var (version, file) in logs)
        {
            if (version > loaded.LastVersion)
            {
                throw new DamagedStoreException(
                    $"{_path} lacks the changes between version {loaded.LastVersion} and {Path.GetFileName(file)}: a file is missing or truncated. Restore the directory from a backup, "
                    + $"or discard {Path.GetFileName(file)} and all later changes: mv {file} {file}.damaged");
            }

            if (JournalFile.ReadLog(file, loaded, isNewest: version == logs[^1].Version) is > 0 and var dropped)
            {
                LogIncompleteWrite(file, dropped);
            }
        }

        if (loaded.Changes > changes)
        {
            WriteSnapshot(loaded.LastVersion, loaded.Objects);
        }

        foreach (var (_, file) in Files("log-"))
        {
            File.Delete(file); // The snapshot contains its changes.
        }

        return loaded;
    }

    /// <summary>Creates a log for the changes after <paramref name="version"/>.</summary>
    public FileStream OpenLog(long version)
    {
        var log = new FileStream(FileOf("log-", version), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _flushFolder(_path);
        return log;
    }

    public void WriteSnapshot(long version, IReadOnlyCollection<StoredObject> objects)
    {
        var name = FileOf("snapshot-", version);
        var temporary = name + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            var buffer = new ArrayBufferWriter<byte>(1 << 16);
            foreach (var stored in objects)
            {
                JournalRecord.Write(buffer, JournalRecord.Put, stored.Version, stored.Key, stored.Json);
                if (buffer.WrittenCount > 1 << 16)
                {
                    file.Write(buffer.WrittenSpan);
                    buffer.ResetWrittenCount();
                }
            }

            JournalRecord.WriteMark(buffer, JournalRecord.End, version);
            file.Write(buffer.WrittenSpan);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, name, overwrite: true);
        _flushFolder(_path);
        foreach (var (_, file) in Files("snapshot-").Where(f => f.Version < version).Concat(Files("log-").Where(f => f.Version < version)))
        {
            File.Delete(file);
        }
    }

    public void Dispose() => _lock.Dispose();

    private IEnumerable<(long Version, string File)> Files(string prefix) =>
        Directory.GetFiles(_path, prefix + "*")
            .Select(f => (Named: long.TryParse(Path.GetFileName(f)[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var version), Version: version, File: f))
            .Where(f => f.Named) // Skip other files, such as an incomplete .tmp file or a manual copy.
            .Select(f => (f.Version, f.File));

    private string FileOf(string prefix, long version) => Path.Combine(_path, prefix + version.ToString("D19", CultureInfo.InvariantCulture));

    [LoggerMessage(EventId = 1423, Level = LogLevel.Warning, Message = "{File} ends with an incomplete write: {Bytes} bytes that were never acknowledged are ignored")]
    private partial void LogIncompleteWrite(string file, int bytes);
}
