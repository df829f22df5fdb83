namespace MeetOperator.Signaling;

/// <summary>
/// The keys of <c>MEET_SIGNING_KEY_FILE</c>, one a line. All of them verify. The first signs, once this instance has had it long enough for the
/// other replicas to have it too: a mounted Secret reaches them at different moments. The file is read again while the server runs.
/// Safe for many threads.
/// </summary>
public sealed class SigningKeys
{
    /// <summary>A kubelet refreshes mounted Secrets within about two minutes (its sync period plus its cache); each replica looks every ten seconds.</summary>
    public static readonly TimeSpan AcceptedEverywhereAfter = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(10);

    private readonly string? path;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private IReadOnlyList<AcceptedKey> accepted;
    private byte[] content = [];
    private long checkedAt;

    public SigningKeys(IReadOnlyList<SigningKey> keys)
    {
        accepted = [.. keys.Select(k => new AcceptedKey(k, null))];
        time = TimeProvider.System;
    }

    private SigningKeys(string path, TimeProvider time)
    {
        this.path = path;
        this.time = time;
        checkedAt = time.GetTimestamp();
        content = File.ReadAllBytes(path);
        accepted = [.. KeyFile.Lines(content, path).Select(k => new AcceptedKey(new SigningKey(k), null))];
    }

    /// <summary>Every key that verifies.</summary>
    public IReadOnlyList<SigningKey> Current => [.. Read().Select(a => a.Key)];

    /// <summary>The first key that every replica can be expected to accept; the first of all when none is old enough.</summary>
    public SigningKey Signing
    {
        get
        {
            var keys = Read();
            return (keys.FirstOrDefault(a => a.Since is not { } since || time.GetElapsedTime(since) >= AcceptedEverywhereAfter) ?? keys[0]).Key;
        }
    }

    public static SigningKeys FromFile(string path, TimeProvider time) => new(path, time);

    private IReadOnlyList<AcceptedKey> Read()
    {
        if (path is not null && time.GetElapsedTime(Interlocked.Read(ref checkedAt)) > CheckEvery)
        {
            Refresh(path);
        }

        return Volatile.Read(ref accepted);
    }

    private void Refresh(string file)
    {
        lock (gate)
        {
            Interlocked.Exchange(ref checkedAt, time.GetTimestamp());
            try
            {
                // Compared by content: Kubernetes swaps a symbolic link, and the new file may carry any time.
                var found = File.ReadAllBytes(file);
                if (!found.AsSpan().SequenceEqual(content))
                {
                    var now = time.GetTimestamp();
                    var keys = KeyFile.Lines(found, file).Select(k => new SigningKey(k));
                    Volatile.Write(ref accepted, [.. keys.Select(k => accepted.FirstOrDefault(a => a.Key.Id == k.Id) ?? new AcceptedKey(k, now))]);
                    content = found;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
            {
                // A file that is being replaced: the keys of before stay good, and the next look comes soon.
            }
        }
    }

    /// <param name="Key">Verifies from the moment it is read.</param>
    /// <param name="Since">Timestamp of when it appeared; null when it was there from the start.</param>
    private sealed record AcceptedKey(SigningKey Key, long? Since);
}
