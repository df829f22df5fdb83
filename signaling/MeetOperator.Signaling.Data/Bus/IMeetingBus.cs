namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The state and events of live meetings that all signaling replicas share.</summary>
public interface IMeetingBus : IAsyncDisposable
{
    IPresence Presence { get; }

    /// <summary>False while events may be lost. Reads and publishing may already work while it is false.</summary>
    bool IsConnected { get; }

    /// <summary>
    /// Subscribes to the events of one meeting, including this replica's own. The handler is called for one event at a time, in publishing order. Neither
    /// callback may block.
    /// </summary>
    /// <param name="meeting">The meeting.</param>
    /// <param name="handler">Called for each event.</param>
    /// <param name="recovered">Called when events arrive again after an interruption. Events may be lost, so the caller must read the state again.</param>
    /// <param name="ct">Cancels the call, not the subscription.</param>
    Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct);

    Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct);

    /// <summary>Returns how media flows in the meeting, or null if that was never written or has been lost.</summary>
    Task<MeetingTopology?> ReadTopologyAsync(MeetingKey meeting, CancellationToken ct);

    /// <summary>
    /// Writes how media flows, if <see cref="MeetingTopology.Version"/> of what is stored is the one before that of <paramref name="topology"/> (0 if nothing is stored).
    /// Returns false otherwise. Of several concurrent callers, one succeeds.
    /// </summary>
    Task<bool> TryWriteTopologyAsync(MeetingKey meeting, MeetingTopology topology, CancellationToken ct);

    /// <summary>Consumes a single-use code. Returns true for the first caller only. The code is remembered for <paramref name="keep"/>.</summary>
    Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct);
}
