namespace MeetOperator.Signaling.Keys;

/// <summary>
/// The keys of <c>MEET_SIGNING_KEY_FILE</c>, one per line. All keys verify tokens. The first key signs, but only after a delay that lets the other replicas read
/// it too, because a mounted Secret reaches them at different times. The file is read again while the server runs. Thread-safe.
/// </summary>
public sealed class SigningKeys
{
    /// <summary>
    /// The kubelet updates mounted Secrets within about two minutes (sync period plus cache), and each replica checks the file every ten seconds.
    /// </summary>
    public static readonly TimeSpan PropagationDelay = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private readonly string? _path;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private IReadOnlyList<AcceptedKey> _accepted;
    private byte[] _content = [];
    private long _checkedAt;

    public SigningKeys(IReadOnlyList<SigningKey> keys)
    {
        _accepted = [.. keys.Select(k => new AcceptedKey(k, null))];
        _time = TimeProvider.System;
    }

    private SigningKeys(string path, TimeProvider time)
    {
        _path = path;
        _time = time;
        _checkedAt = time.GetTimestamp();
        _content = File.ReadAllBytes(path);
        _accepted = [.. KeyFile.Lines(_content, path).Select(k => new AcceptedKey(new SigningKey(k), null))];
    }

    /// <summary>All keys that verify tokens.</summary>
    public IReadOnlyList<SigningKey> Current => [.. Read().Select(a => a.Key)];

    /// <summary>The first key that all replicas can be expected to accept, or the first key if none is old enough.</summary>
    public SigningKey Signing
    {
        get
        {
            var keys = Read();
            return (keys.FirstOrDefault(a => a.Since is not { } since || _time.GetElapsedTime(since) >= PropagationDelay) ?? keys[0]).Key;
        }
    }

    public static SigningKeys FromFile(string path, TimeProvider time) => new(path, time);

    private IReadOnlyList<AcceptedKey> Read()
    {
        if (_path is not null && _time.GetElapsedTime(Interlocked.Read(ref _checkedAt)) > CheckInterval)
        {
            Refresh(_path);
        }

        return Volatile.Read(ref _accepted);
    }

    private void Refresh(string file)
    {
        lock (_gate)
        {
            Interlocked.Exchange(ref _checkedAt, _time.GetTimestamp());
            try
            {
                // Compares the content, because Kubernetes swaps a symbolic link and the new file can have any modification time.
                var found = File.ReadAllBytes(file);
                if (!found.AsSpan().SequenceEqual(_content))
                {
                    var now = _time.GetTimestamp();
                    var keys = KeyFile.Lines(found, file).Select(k => new SigningKey(k));
                    Volatile.Write(ref _accepted, [.. keys.Select(k => _accepted.FirstOrDefault(a => a.Key.Id == k.Id) ?? new AcceptedKey(k, now))]);
                    _content = found;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
            {
                // The file is being replaced. The previous keys stay valid until the next check.
            }
        }
    }

    /// <param name="Key">A key that verifies tokens as soon as it is read.</param>
    /// <param name="Since">Timestamp at which the key appeared; null if it was present at startup.</param>
    private sealed record AcceptedKey(SigningKey Key, long? Since);
}
