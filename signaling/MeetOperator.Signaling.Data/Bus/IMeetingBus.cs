namespace MeetOperator.Signaling.Data;

/// <summary>What the instances of signaling share about live meetings.</summary>
public interface IMeetingBus : IAsyncDisposable
{
    IPresence Presence { get; }

    /// <summary>False while events may be lost, also when asking and publishing work again already.</summary>
    bool IsConnected { get; }

    /// <summary>Events of one meeting, own ones included, one at a time and in the order in which they were published. Neither action may block.</summary>
    /// <param name="meeting">Whose events.</param>
    /// <param name="handler">Gets each event.</param>
    /// <param name="recovered">Called when the meeting's events come again after a break: some may be lost, and state has to be read anew.</param>
    /// <param name="ct">Of the caller.</param>
    Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct);

    Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct);

    /// <summary>True for the first caller only; remembered for <paramref name="keep"/>.</summary>
    Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct);
}
