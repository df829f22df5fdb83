namespace MeetOperator.Signaling.Features;

/// <summary>
/// The stored entries of one kind in one meeting, for example its chat messages. The database numbers them from 1, without gaps, in the order that all participants
/// see. Thread-safe.
/// </summary>
internal interface IMeetingLog<T>
    where T : class
{
    /// <summary>Lists up to <paramref name="limit"/> entries after <paramref name="position"/>, oldest first.</summary>
    Task<IReadOnlyList<T>> ListAfterAsync(long position, int limit, CancellationToken ct);

    /// <summary>Lists the last <paramref name="limit"/> entries, oldest first.</summary>
    Task<IReadOnlyList<T>> ListLastAsync(int limit, CancellationToken ct);

    long PositionOf(T entry);

    /// <summary>Serializes the message that delivers the entry to clients.</summary>
    byte[] FrameOf(T entry);
}
