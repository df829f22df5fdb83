namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>Reads one file of the store and tells a write that a crash cut off from a record that was damaged later.</summary>
internal static class JournalFile
{
    /// <summary>Applies a log. Returns how many bytes of an unfinished write at its end were left out.</summary>
    /// <param name="file">The log.</param>
    /// <param name="objects">What the files before it hold.</param>
    /// <param name="isNewest">Only then may it end in an unfinished write: a log is whole before the next one begins.</param>
    /// <exception cref="DamagedStoreException">A record that was on disk is damaged.</exception>
    public static int ReadLog(string file, LoadedObjects objects, bool isNewest)
    {
        ReadOnlySpan<byte> data = File.ReadAllBytes(file);
        var (read, first, _) = Apply(data, objects);
        var rest = data[read..];
        if (rest.IsEmpty)
        {
            return 0;
        }

        // Only the last write of a log can be unfinished: each one begins after the one before it has reached the disk.
        // A batch mark therefore proves everything before it. A log without marks is of an earlier version: there any later record is proof.
        if (!isNewest || HoldsLater(rest, first == JournalRecord.Batch ? JournalRecord.Batch : null))
        {
            throw new DamagedStoreException(
                $"{file} is damaged at byte {read}: objects that were stored there cannot be read. Restore the file from a backup, or give up what this file holds after the damage: "
                + $"cp {file} {file}.damaged && truncate -s {read} {file}");
        }

        return rest.Length;
    }

    /// <summary>Applies a snapshot. One with its final name was complete when it got that name.</summary>
    /// <exception cref="DamagedStoreException">It is not complete any more.</exception>
    public static void ReadSnapshot(string file, LoadedObjects objects)
    {
        ReadOnlySpan<byte> data = File.ReadAllBytes(file);
        var (read, _, last) = Apply(data, objects);
        if (read < data.Length || last != JournalRecord.End)
        {
            throw new DamagedStoreException(
                $"{file} is damaged at byte {read}: objects that were stored there cannot be read. Restore the file from a backup, "
                + $"or move the folder {Path.GetDirectoryName(file)} away to begin with an empty store");
        }
    }

    /// <summary>Applies records up to the first that cannot be read; returns where that is, and the kinds of the first and the last record.</summary>
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

    private static bool HoldsLater(ReadOnlySpan<byte> rest, byte? wanted)
    {
        for (var at = 1; at < rest.Length; at++)
        {
            if (JournalRecord.MayBegin(rest[at..]) && JournalRecord.TryRead(rest[at..], out var kind, out _, out _, out _, out _) && (wanted is null || kind == wanted))
            {
                return true;
            }
        }

        return false;
    }
}
