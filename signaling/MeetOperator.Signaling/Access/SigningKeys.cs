namespace MeetOperator.Signaling;

/// <summary>
/// The keys of <c>MEET_SIGNING_KEY_FILE</c>: one a line. The first signs, all verify, so that a key is changed by putting the new one first
/// and dropping the old one when its tokens have run out. The file is read again when it has changed.
/// </summary>
public sealed class SigningKeys
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(10);

    private readonly string? path;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private IReadOnlyList<SigningKey> keys;
    private DateTime readFor;
    private long checkedAt;

    public SigningKeys(IReadOnlyList<SigningKey> keys)
    {
        this.keys = keys;
        time = TimeProvider.System;
    }

    private SigningKeys(string path, TimeProvider time)
    {
        this.path = path;
        this.time = time;
        readFor = File.GetLastWriteTimeUtc(path);
        checkedAt = time.GetTimestamp();
        keys = KeyFile.ReadLines(path).Select(k => new SigningKey(k)).ToList();
    }

    public IReadOnlyList<SigningKey> Current
    {
        get
        {
            if (path is not null && time.GetElapsedTime(Interlocked.Read(ref checkedAt)) > CheckEvery)
            {
                Refresh(path);
            }

            return Volatile.Read(ref keys);
        }
    }

    public static SigningKeys FromFile(string path, TimeProvider time) => new(path, time);

    private void Refresh(string file)
    {
        lock (gate)
        {
            Interlocked.Exchange(ref checkedAt, time.GetTimestamp());
            try
            {
                var written = File.GetLastWriteTimeUtc(file);
                if (written != readFor)
                {
                    Volatile.Write(ref keys, KeyFile.ReadLines(file).Select(k => new SigningKey(k)).ToList());
                    readFor = written;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
            {
                // A file that is being replaced: the keys of before stay good, and the next look comes soon.
            }
        }
    }
}
