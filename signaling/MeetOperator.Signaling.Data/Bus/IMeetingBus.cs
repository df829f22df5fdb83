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

    /// <summary>Consumes a single-use code. Returns true for the first caller only. The code is remembered for <paramref name="keep"/>.</summary>
    Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct);
}
