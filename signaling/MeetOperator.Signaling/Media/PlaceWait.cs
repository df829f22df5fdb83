namespace MeetOperator.Signaling.Media;

/// <summary>One member's wait for a place in its meeting. Joins the line at the first wait, and leaves it when disposed.</summary>
/// <param name="line">The line of the meeting.</param>
/// <param name="began">When the member arrived, as the time since a fixed moment.</param>
internal sealed class PlaceWait(PlaceLine line, TimeSpan began) : IDisposable
{
    /// <summary>How long a member waits for a place, which the operator may be making, before it is told that there is none.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private PlaceLine.Place? _place;
    private bool _isReported;

    /// <inheritdoc cref="PlaceLine.Place.WaitAsync"/>
    public Task WaitAsync(CancellationToken ct) => (_place ??= line.Join()).WaitAsync(ct);

    /// <summary>Returns true once, when the member has waited for <see cref="Patience"/>.</summary>
    public bool TryReport(TimeSpan now)
    {
        var isDue = !_isReported && now - began >= Patience;
        _isReported |= isDue;
        return isDue;
    }

    public void Dispose() => _place?.Dispose();
}
