namespace MeetOperator.Signaling.Data;

/// <summary>What the instances of signaling share about live meetings.</summary>
public interface IMeetingBus : IAsyncDisposable
{
    IPresence Presence { get; }

    /// <summary>False while events may be lost; then <see cref="Recovered"/> follows when it works again.</summary>
    bool IsConnected { get; }

    /// <summary>Raised after a break: state has to be read anew.</summary>
    event Action? Recovered;

    /// <summary>Events of one meeting, own ones included, one at a time and in the order in which they were published. <paramref name="handler"/> must not block.</summary>
    Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, CancellationToken ct);

    Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct);

    /// <summary>True for the first caller only; remembered for <paramref name="keep"/>.</summary>
    Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct);
}
