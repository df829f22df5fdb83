using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// The files of a store: <c>lock</c>, <c>snapshot-&lt;version&gt;</c> and <c>log-&lt;version&gt;</c>, where a log holds what came after its version.
/// A file is removed only when a newer complete snapshot covers it.
/// </summary>
internal sealed class JournalDirectory : IDisposable
{
    private readonly string _path;
    private readonly FileStream _lock;

    private JournalDirectory(string path, FileStream taken)
    {
        _path = path;
        _lock = taken;
    }

    public static JournalDirectory Take(string path)
    {
        PrivateFiles.CreateDirectory(path);
        try
        {
            return new JournalDirectory(path, new FileStream(Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new IOException($"The data directory {path} is used by another process. Stop that one first, or choose another directory.", e);
        }
    }

    public IReadOnlyCollection<StoredObject> Load(out long lastVersion)
    {
        var objects = new Dictionary<ObjectKey, StoredObject>();
        lastVersion = 0;
        foreach (var (snapshotVersion, file) in Files("snapshot-").OrderByDescending(f => f.Version))
        {
            if (ReadRecords(file, objects, ref lastVersion, requireEnd: true))
            {
                lastVersion = Math.Max(lastVersion, snapshotVersion);
                break;
            }

            objects.Clear();
            lastVersion = 0;
        }

        foreach (var (_, file) in Files("log-").OrderBy(f => f.Version))
        {
            ReadRecords(file, objects, ref lastVersion, requireEnd: false);
        }

        return objects.Values;
    }

    /// <summary>A log for what comes after <paramref name="version"/>; a torn end from a crash stays in its old file.</summary>
    public FileStream OpenLog(long version)
    {
        for (var name = FileOf("log-", version); ; version++, name = FileOf("log-", version))
        {
            if (!File.Exists(name))
            {
                return new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
            }
        }
    }

    public void WriteSnapshot(long version, List<StoredObject> objects)
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

            JournalRecord.Write(buffer, JournalRecord.End, version, new ObjectKey(string.Empty, null, string.Empty), []);
            file.Write(buffer.WrittenSpan);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, name, overwrite: true);
        foreach (var (_, file) in Files("snapshot-").Where(f => f.Version < version).Concat(Files("log-").Where(f => f.Version < version)))
        {
            File.Delete(file);
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Applies a file's records; a torn or damaged tail ends it. True when an End record was seen or none is required.</summary>
    private static bool ReadRecords(string file, Dictionary<ObjectKey, StoredObject> objects, ref long lastVersion, bool requireEnd)
    {
        var data = File.ReadAllBytes(file).AsSpan();
        while (JournalRecord.TryRead(data, out var kind, out var version, out var key, out var json, out var consumed))
        {
            data = data[consumed..];
            if (kind == JournalRecord.End)
            {
                return true;
            }

            lastVersion = Math.Max(lastVersion, version);
            if (objects.TryGetValue(key, out var known) && known.Version >= version)
            {
                continue;
            }

            if (kind == JournalRecord.Delete)
            {
                objects.Remove(key);
            }
            else if (JsonText.Parse(json) is JsonObject root)
            {
                objects[key] = new StoredObject(key, version, root, json.ToArray());
            }
        }

        return !requireEnd;
    }

    private IEnumerable<(long Version, string File)> Files(string prefix) =>
        Directory.GetFiles(_path, prefix + "*")
            .Where(f => !f.EndsWith(".tmp", StringComparison.Ordinal))
            .Select(f => (long.Parse(Path.GetFileName(f)[prefix.Length..], CultureInfo.InvariantCulture), f));

    private string FileOf(string prefix, long version) => Path.Combine(_path, prefix + version.ToString("D19", CultureInfo.InvariantCulture));
}
