namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Reads one store file, and distinguishes a write that a crash interrupted from a record that was corrupted later.</summary>
internal static class JournalFile
{
    /// <summary>Applies a log. Returns the number of ignored bytes of an incomplete write at its end.</summary>
    /// <param name="file">Path of the log.</param>
    /// <param name="objects">The objects of the earlier files.</param>
    /// <param name="isNewest">
    /// Whether this is the newest log. Only the newest may end with an incomplete write, because a log is complete before the next one starts.
    /// </param>
    /// <exception cref="DamagedStoreException">A record that had reached the disk is corrupt.</exception>
    public static int ReadLog(string file, LoadedObjects objects, bool isNewest)
    {
        ReadOnlySpan<byte> data = File.ReadAllBytes(file);
        var (read, first, _) = Apply(data, objects);
        var rest = data[read..];
        if (rest.IsEmpty)
        {
            return 0;
        }

        // Only the last write of a log can be incomplete, because each write starts after the previous one has reached the disk.
        // A batch mark therefore proves that everything before it was complete. Logs of earlier versions have no marks; there any later record is proof.
        if (!isNewest || ContainsLaterRecord(rest, first == JournalRecord.Batch ? JournalRecord.Batch : null))
        {
            throw new DamagedStoreException(
                $"{file} is corrupt at byte {read}: stored objects cannot be read. Restore the file from a backup, or discard everything after that byte: "
                + $"cp {file} {file}.damaged && truncate -s {read} {file}");
        }

        return rest.Length;
    }

    /// <summary>Applies a snapshot. A snapshot gets its final name only when it is complete.</summary>
    /// <exception cref="DamagedStoreException">The snapshot is corrupt or truncated.</exception>
    public static void ReadSnapshot(string file, LoadedObjects objects)
    {
        ReadOnlySpan<byte> data = File.ReadAllBytes(file);
        var (read, _, last) = Apply(data, objects);
        if (read < data.Length || last != JournalRecord.End)
        {
            throw new DamagedStoreException(
                $"{file} is corrupt at byte {read}: stored objects cannot be read. Restore the file from a backup, "
                + $"or move the directory {Path.GetDirectoryName(file)} away to start with an empty store");
        }
    }

    /// <summary>Applies records up to the first unreadable one. Returns its position, and the kinds of the first and the last record read.</summary>
    private static (int Read, byte First, byte Last) Apply(ReadOnlySpan<byte> data, LoadedObjects objects)
    {
        var read = 0;
        byte first = 0;
        byte last = 0;
        while (JournalRecord.TryRead(data[read..], out var kind, out var version, out var key, out var json, out var consumed))
        {
            read += consumed;
            first = first == 0 ? kind : first;
            last = kind;
            objects.Apply(kind, version, key, json);
        }

        return (read, first, last);
    }

    private static bool ContainsLaterRecord(ReadOnlySpan<byte> rest, byte? wanted)
    {
        for (var at = 1; at < rest.Length; at++)
        {
            if (JournalRecord.CanStartRecord(rest[at..]) && JournalRecord.TryRead(rest[at..], out var kind, out _, out _, out _, out _) && (wanted is null || kind == wanted))
            {
                return true;
            }
        }

        return false;
    }
}
